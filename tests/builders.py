"""The builders of records, as every test uses them. They ship with the store's contract."""

# ruff: noqa: F403 - one list of names, kept where it ships
from adapters.memory.testing.builders import *
from adapters.memory.testing.ids import *
from adapters.memory.testing.journal import *
from adapters.memory.testing.rooms import *
from adapters.memory.testing.sales import *
