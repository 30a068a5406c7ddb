"""Imported by the process that others are forked from, and by nobody else: what they all need is ready."""

# ruff: noqa: F401 - to have been imported is all that is asked of these
import gc

import asyncpg

import adapters.archive
import adapters.bootstrap
import adapters.cli.main
import adapters.legacy.source
import adapters.mongo.store
import adapters.sql.revising
import adapters.sql.store
from tests.crashes.lives import application
from tests.servers.stripe.description import description

application()
description()
# What is here stays: no child has to look through it, and so to copy it, for garbage.
gc.collect()
gc.freeze()
