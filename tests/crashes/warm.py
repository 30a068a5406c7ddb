"""Imported by the process that children are forked from, and by nobody else: what they all need is ready."""

# ruff: noqa: F401 - to have been imported is all that is asked of these
import gc

import asyncpg

import adapters.mongo.store
import adapters.sql.store
from adapters.logs import configure_logs
from tests.crashes.lives import application
from tests.servers.stripe.description import description

configure_logs("error", "console")
application()
description()
# What is here stays: no child has to look through it, and so to copy it, for garbage.
gc.collect()
gc.freeze()
