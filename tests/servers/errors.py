"""Why a server is not there."""


class ServerFailed(Exception):
    """A server did not start; the text carries the end of its log."""


class PortTaken(ServerFailed):
    """Somebody else bound the port between our asking for a free one and the server's binding it."""
