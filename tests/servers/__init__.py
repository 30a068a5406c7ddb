"""Real PostgreSQL and MongoDB servers for the tests, started out of wheels: no docker, no root, no network.

`postgres()` and `mongod()` are context managers. Each starts a server of its own on a free port and a
throwaway directory, and yields a handle that knows the server's address and can kill it and start it again
on the same data. Nothing outlives the test run, not even one that is killed.
"""

from tests.servers.errors import PortTaken, ServerFailed
from tests.servers.mongo import MongoServer, mongod
from tests.servers.ports import free_port
from tests.servers.postgres import PostgresServer, postgres
from tests.servers.process import ServerProcess

__all__ = [
    "MongoServer",
    "PortTaken",
    "PostgresServer",
    "ServerFailed",
    "ServerProcess",
    "free_port",
    "mongod",
    "postgres",
]
