"""Serve localstripe on the loopback interface alone: `python serve.py PORT`.

Its own command listens on every interface and writes what it knows into a file under a fixed name. Nothing
of it is imported but in this process, which is the tests' alone: its licence is not ours.
"""

import sys

from aiohttp import web
from localstripe.resources import store
from localstripe.server import app


def main(port: int) -> None:
    """Serve until told to stop; everything is forgotten then."""
    store.dump_to_disk = lambda: None
    web.run_app(app, host="127.0.0.1", port=port, access_log=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
