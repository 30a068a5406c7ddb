"""The composition root: settings in, ready ports out. The only file that knows every adapter."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import attrs

from adapters.archive.archives import FileArchive, FileWriter
from adapters.clock import SystemClock, new_id
from adapters.logs import LoggedEvents, configure_logs
from adapters.memory.payments import FakeGateway
from adapters.memory.rooms import PretendRooms
from adapters.settings import PREFIX, BadSettings, Settings, load_settings
from adapters.webhooks.endpoints import PublicEndpoints
from core.domain.dispatches import Channel
from core.usecases.bring_in import Target
from core.usecases.context import Ports
from core.usecases.notify import MailNotices
from core.usecases.runs import require_whole
from ports.consumers import EventConsumer
from ports.errors import Unavailable
from ports.legacy_source import LegacySource
from ports.mail import Post
from ports.payments import PaymentGateway
from ports.rooms import RoomReport, RoomService
from ports.senders import Sender
from ports.store import Store
from ports.webhooks import WebhookReader

SCHEMES: Final = "sqlite:///FILE, postgresql://…, mongodb://… or memory://"


def store_scheme(settings: Settings) -> str:
    """Which store the URL names: sqlite, postgresql, mongodb or memory. Raises BadSettings."""
    url = settings.store_url.get_secret_value()
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("sqlite", "postgresql", "mongodb", "mongodb+srv", "memory"):
        raise BadSettings(f"{PREFIX}STORE_URL: must be {SCHEMES}")
    if scheme == "sqlite" and (not rest.startswith("/") or rest in ("/", "/:memory:")):
        raise BadSettings(f"{PREFIX}STORE_URL: names no file; write sqlite:///FILE")
    return scheme.partition("+")[0]


def sqlite_file(settings: Settings) -> Path | None:
    """The file of an SQLite store; None for every other."""
    if store_scheme(settings) != "sqlite":
        return None
    return Path(urlsplit(settings.store_url.get_secret_value()).path.removeprefix("/"))


def remembers_alone(settings: Settings) -> bool:
    """Whether each process has a gateway of its own, which knows nothing of the others' charges."""
    return settings.payments == "fake" and payments_file(settings) is None


def payments_file(settings: Settings) -> Path | None:
    """Where the fake gateway remembers: where it was told to, else beside an SQLite store's file.

    None: in each process's own memory.
    """
    file = sqlite_file(settings)
    if settings.fake_payments_file is not None or file is None:
        return settings.fake_payments_file
    return file.with_name(f"{file.stem}-payments.db")


async def open_store(settings: Settings) -> Store:
    """The store that the URL names, not yet checked. Raises BadSettings and Unavailable."""
    scheme = store_scheme(settings)
    try:
        return await _OPENERS[scheme](settings)
    except ValueError as error:
        raise BadSettings(f"{PREFIX}STORE_URL: {error}") from error


async def _open_memory(settings: Settings) -> Store:  # noqa: ARG001 - one signature for all stores
    from adapters.memory.store import MemoryStore

    return MemoryStore()


async def _open_sql(settings: Settings) -> Store:
    from adapters.sql.store import SqlStore

    return await SqlStore.open(
        settings.store_url.get_secret_value(),
        pool_size=settings.store_pool_size,
        max_overflow=settings.store_pool_overflow,
        pool_timeout_seconds=settings.store_timeout_seconds,
        connect_timeout_seconds=settings.store_timeout_seconds,
        lock_timeout_seconds=settings.store_lock_timeout_seconds,
        statement_timeout_seconds=settings.store_statement_timeout_seconds,
    )


async def _open_mongo(settings: Settings) -> Store:
    from adapters.mongo.store import MongoStore

    return MongoStore.open(
        settings.store_url.get_secret_value(),
        pool_size=settings.store_pool_size + settings.store_pool_overflow,
        connect_seconds=settings.store_timeout_seconds,
        read_seconds=settings.store_statement_timeout_seconds,
        commit_seconds=settings.store_statement_timeout_seconds,
    )


_OPENERS: Final[dict[str, Callable[[Settings], Awaitable[Store]]]] = {
    "memory": _open_memory,
    "sqlite": _open_sql,
    "postgresql": _open_sql,
    "mongodb": _open_mongo,
}


def store_label(settings: Settings) -> str:
    """Which database the store's URL names, for people: no user, no password, no options."""
    scheme, file = store_scheme(settings), sqlite_file(settings)
    if file is not None:
        return f"sqlite:///{file.resolve()}"
    address = urlsplit(settings.store_url.get_secret_value())
    sockets = [value for name, value in parse_qsl(address.query) if name == "host"]
    host = address.netloc.rpartition("@")[2] or "".join(sockets)
    return f"{scheme}://{host}{address.path}"


def new_archive(path: Path) -> FileWriter:
    """An archive to write. Raises Unavailable where something is at the path already."""
    return FileWriter(path)


def open_archive(path: Path) -> FileArchive:
    """An archive to read. Raises Unavailable and Damaged."""
    return FileArchive(path)


@asynccontextmanager
async def open_target(settings: Settings) -> AsyncIterator[Target]:
    """A store to fill, which must answer and be of this release's schema."""
    async with open_checked_store(settings) as store:
        yield Target(store=store, clock=SystemClock(), ids=new_id)


@asynccontextmanager
async def open_checked_store(settings: Settings) -> AsyncIterator[Store]:
    """A store alone, for as long as the block lasts. Raises Unavailable and SchemaOutdated."""
    store = await open_store(settings)
    try:
        await store.ping()
        await store.check_schema()
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def open_ports(settings: Settings, *, check: bool = True) -> AsyncIterator[Ports]:
    """Everything that use cases need, for as long as the block lasts.

    With `check` the store must answer and be of this release's schema: Unavailable, SchemaOutdated.
    """
    store = await open_store(settings)
    try:
        if check:
            await store.ping()
            await store.check_schema()
        payments = _open_gateway(settings)
        rooms = _open_rooms(settings)
        try:
            yield Ports(
                store=store,
                payments=payments,
                clock=SystemClock(),
                ids=new_id,
                rules=settings.rules,
                lookup_seconds=settings.payment_lookup_seconds,
                rooms=rooms,
                endpoints=_endpoints(settings),
            )
        finally:
            await payments.close()
            if rooms is not None:
                await rooms.close()
    finally:
        await store.close()


@asynccontextmanager
async def open_legacy_source(url: str) -> AsyncIterator[LegacySource]:
    """The old database at a URL, for as long as the block lasts. It is never written.

    Raises BadSettings for an address of another kind, Unavailable, and Unreadable for another schema.
    """
    from adapters.legacy.source import SqlLegacySource

    try:
        source = await SqlLegacySource.open(url)
    except ValueError as error:
        raise BadSettings(f"--source: {error}") from None
    try:
        yield source
    finally:
        await source.close()


@attrs.frozen(kw_only=True)
class Outlets:
    """Who hears of events, and what carries messages to the outside, by channel."""

    consumers: Sequence[EventConsumer]
    senders: Mapping[Channel, Sender]


@asynccontextmanager
async def open_outlets(settings: Settings, ports: Ports) -> AsyncIterator[Outlets]:
    """Everything that a worker tells events to, for as long as the block lasts."""
    from adapters.mail.sender import MailSender
    from adapters.webhooks.consumer import SubscribedEvents
    from adapters.webhooks.sender import WebhookSender

    mail = MailSender(contacts=ports.store, post=_open_post(settings, ports), clock=ports.clock)
    webhooks = WebhookSender(
        ports=ports,
        endpoints=_endpoints(settings),
        timeout_seconds=settings.outbox_send_timeout_seconds,
    )
    yield Outlets(
        consumers=(LoggedEvents(), MailNotices(ports.store), SubscribedEvents(store=ports.store)),
        senders={Channel.MAIL: mail, Channel.WEBHOOK: webhooks},
    )


def _endpoints(settings: Settings) -> PublicEndpoints:
    return PublicEndpoints(ports=settings.webhooks_ports, allow_private=settings.webhooks_allow_private)


def _open_gateway(settings: Settings) -> PaymentGateway:
    if settings.payments == "stripe":
        return _open_stripe(settings)
    file = payments_file(settings)
    try:
        return FakeGateway(file)
    except sqlite3.Error as error:
        raise Unavailable(f"SQLite file {file} is not available: {error}") from error


def _open_stripe(settings: Settings) -> PaymentGateway:
    from adapters.stripe.gateway import StripeAccess, StripeGateway

    key = settings.stripe_api_key
    if key is None:
        raise AssertionError("settings with payments through stripe have a key")
    return StripeGateway(
        StripeAccess(
            api_key=key.get_secret_value(),
            api_base=settings.stripe_api_base,
            payment_method_types=settings.stripe_payment_method_types,
        )
    )


def _open_rooms(settings: Settings) -> RoomService | None:
    """LiveKit where it is set; pretended rooms where payments are fake too; else none."""
    if settings.livekit_url is None:
        return PretendRooms() if settings.payments == "fake" else None
    from adapters.livekit.rooms import LiveKitAccess, LiveKitRooms

    key, secret = _livekit_keys(settings)[0]
    return LiveKitRooms(LiveKitAccess(url=settings.livekit_url, api_key=key, api_secret=secret))


def _room_events(settings: Settings) -> Callable[[bytes, str, datetime], RoomReport | None] | None:
    if settings.livekit_url is None:
        return None
    from adapters.livekit.webhooks import LiveKitWebhooks

    return LiveKitWebhooks(keys=_livekit_keys(settings)).read


def _livekit_keys(settings: Settings) -> Sequence[tuple[str, str]]:
    """Each key with its secret; the first is the one to speak with."""
    pairs = zip(settings.livekit_api_key, settings.livekit_api_secret, strict=True)
    return tuple((key.get_secret_value(), secret.get_secret_value()) for key, secret in pairs)


def _stripe_webhooks(settings: Settings) -> WebhookReader | None:
    from adapters.stripe.webhook import StripeWebhooks, moves_real_money

    key = settings.stripe_api_key
    if settings.payments != "stripe" or key is None or not settings.stripe_webhook_secret:
        return None
    return StripeWebhooks(
        secrets=tuple(secret.get_secret_value() for secret in settings.stripe_webhook_secret),
        livemode=moves_real_money(key.get_secret_value()),
    )


def _open_post(settings: Settings, ports: Ports) -> Post:
    if settings.smtp_url is None:
        from adapters.mail.log import LoggedPost

        return LoggedPost()

    from adapters.smtp.post import SmtpPost
    from adapters.smtp.server import smtp_server

    if settings.mail_from is None:
        raise AssertionError("settings with a mail server have a sender")
    try:
        server = smtp_server(settings.smtp_url.get_secret_value())
    except ValueError as error:
        raise BadSettings(f"{PREFIX}SMTP_URL: {error}") from None
    return SmtpPost(
        server=server,
        sender=settings.mail_from,
        timeout_seconds=settings.outbox_send_timeout_seconds,
        clock=ports.clock,
    )


async def prepare_store(settings: Settings) -> None:
    """Prove that the store can be served and is whole, and make a new SQLite file ready first.

    Only a file that does not exist yet, or is empty, is given a schema: changing one that holds
    data is for `estuary store migrate`, when its owner says so.
    """
    file = sqlite_file(settings)
    if file is not None and (not file.exists() or file.stat().st_size == 0):
        store = await open_store(settings)
        try:
            await store.migrate()
        finally:
            await store.close()
    async with open_ports(settings) as ports:
        await require_whole(ports.store)


def http_app(settings: Settings | None = None) -> Any:
    """The API as an ASGI application that opens its ports when the server starts it."""
    chosen = settings or load_settings()
    configure_logs(chosen.log_level, chosen.log_format)
    return _Served(chosen)


class _Served:
    """Opens ports in the server's own event loop, and keeps them open until it stops."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            async with open_ports(self._settings) as ports:
                self._app = _http_app(ports, self._settings)
                await self._app(scope, receive, send)
        except Exception as error:
            if self._app is None:
                # Without this message the server would go on without an application.
                await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise


def _http_app(ports: Ports, settings: Settings) -> Any:
    from adapters.http.app import create_app
    from adapters.http.config import HttpConfig
    from adapters.http.deprecation import Deprecation

    gateway = ports.payments
    secret = settings.jwt_secret
    return create_app(
        ports,
        HttpConfig(
            jwt_secret=None if secret is None else secret.get_secret_value(),
            jwt_jwks=settings.jwt_jwks,
            jwt_issuer=settings.jwt_issuer,
            jwt_audience=settings.jwt_audience,
            cors_origins=settings.cors_origins,
            deprecation=Deprecation(
                deprecated_on=settings.deprecated_on,
                sunset_on=None if settings.sunset_on == "never" else settings.sunset_on,
                guide=settings.deprecation_guide,
            ),
            dev_confirm=gateway.confirm if isinstance(gateway, FakeGateway) else None,
            dev_dispute=gateway.dispute if isinstance(gateway, FakeGateway) else None,
            room_events=_room_events(settings),
            stripe_webhooks=_stripe_webhooks(settings),
        ),
    )
