"""`estuary serve`: the API."""

import asyncio
import socket
from typing import Annotated, Any, Final

import typer

from adapters.cli.console import CannotRun, tell
from adapters.settings import PREFIX, Settings, load_settings, without_password

HEADER_SECONDS: Final = 10
"""How long a client may take over its request's head."""
DRAIN_SECONDS: Final = 10
"""How long requests under way may take after SIGTERM."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `ESTUARY_JWT_SECRET=$(openssl rand -hex 32) estuary serve --port 9000`")(
        serve
    )


def serve(
    host: Annotated[
        str | None, typer.Option(help=f"The address to listen on. Default: {PREFIX}HOST.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help=f"The port. Default: {PREFIX}PORT.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=128, help=f"Processes. Default: {PREFIX}WORKERS.")
    ] = None,
) -> None:
    """Serve the API until SIGTERM or Ctrl-C.

    A new SQLite file is given its schema. Any other store whose schema is missing or outdated is
    refused: run `estuary store migrate` first. `memory://` lives in one process, so it takes one worker.
    """
    given = {"host": host, "port": port, "workers": workers}
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    address = _require_servable(settings)
    tell(
        f"Estuary on http://{_in_url(settings.host)}:{settings.port}/schema,"
        f" store {without_password(settings.store_url.get_secret_value())}, payments {settings.payments}"
    )
    _server(settings, address).serve()


def _require_servable(settings: Settings) -> str:
    """Everything that can be known to fail, before a server starts. Tells the address to listen on."""
    from adapters.bootstrap import prepare_store, remembers_alone, store_scheme

    settings.require_authentication()
    if store_scheme(settings) == "memory" and settings.workers > 1:
        raise CannotRun(f"{PREFIX}WORKERS: memory:// lives in one process and takes one worker")
    if remembers_alone(settings) and settings.workers > 1:
        raise CannotRun(
            f"{PREFIX}FAKE_PAYMENTS_FILE: must be set, or one worker could not refund what another charged"
        )
    address = _free_address(settings.host, settings.port)
    asyncio.run(prepare_store(settings))
    return address


def _free_address(host: str, port: int) -> str:
    """The host as an address whose port is free."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise CannotRun(f"{PREFIX}HOST: {host} is not an address of this machine") from error
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            reason = error.strerror or "cannot be used"
            raise CannotRun(
                f"{PREFIX}PORT: {host}:{port} cannot be listened on ({reason.lower()})"
            ) from error
    return str(address[0])


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _server(settings: Settings, address: str) -> Any:
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import Server

    return Server(
        "adapters.bootstrap:http_app",
        factory=True,
        address=address,
        port=settings.port,
        workers=settings.workers,
        interface=Interfaces.ASGI,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        log_level=LogLevels.debug if settings.log_level == "debug" else LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=DRAIN_SECONDS,
    )
