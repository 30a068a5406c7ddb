"""Processes forked from a warm one that has everything imported and no thread, loop or connection."""

import multiprocessing
from typing import Final

FORKED: Final = multiprocessing.get_context("forkserver")
"""There is one such server for each process that asks, so its preload is said here, once."""

FORKED.set_forkserver_preload(["tests.warm"])
