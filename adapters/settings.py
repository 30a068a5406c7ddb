"""A deployment's settings, out of the environment (`ESTUARY_…`) and, in development, a `.env` file."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from adapters.logs import LogFormat, LogLevel
from core.domain.catalogue import ServiceType
from core.domain.money import BPS, MAX_CENTS
from core.domain.outbox import MAX_ATTEMPTS
from core.domain.rules import MINIMUM_CHARGE_CENTS, Rules
from core.usecases.outbox import Pace

PREFIX: Final = "ESTUARY_"
SECRET_BYTES: Final = 32
"""A shared secret shorter than the hash it feeds is guessed before the hash is broken."""

HIDDEN: Final = "********"

LIVEKIT: Final = ("livekit_url", "livekit_api_key", "livekit_api_secret")
"""Together they make rooms; none of them does so alone."""


class BadSettings(Exception):
    """A setting is missing or malformed. The text is one line that names it, without its value."""


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value().encode()) < SECRET_BYTES:
        raise PydanticCustomError("short_secret", f"is shorter than {SECRET_BYTES} bytes")
    return secret


def _listed(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


MAILBOX: Final = r"^([^<>@\r\n]+ <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$"
"""An address, or a name with an address in angle brackets."""

Seconds = Annotated[float, Field(gt=0, le=3600)]
Cents = Annotated[int, Field(ge=0, le=MAX_CENTS)]
Rate = Annotated[int, Field(ge=0, le=BPS)]
SecretsSeparated = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_listed)]
LongSecretsSeparated = Annotated[
    tuple[Annotated[SecretStr, AfterValidator(_long_enough)], ...], NoDecode, BeforeValidator(_listed)
]
CommaSeparatedPorts = Annotated[
    tuple[Annotated[int, Field(ge=1, le=65535)], ...], NoDecode, BeforeValidator(_listed)
]
CommaSeparated = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class Settings(BaseSettings):
    """Everything that a deployment can choose. Descriptions are what `.env.example` says."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    store_url: SecretStr = SecretStr("sqlite:///estuary.db")
    store_pool_size: int = Field(default=10, ge=1, le=1000)
    store_pool_overflow: int = Field(default=10, ge=0, le=1000)
    store_timeout_seconds: Seconds = 5
    store_lock_timeout_seconds: Seconds = 3
    store_statement_timeout_seconds: Seconds = 10

    jwt_secret: Annotated[SecretStr, AfterValidator(_long_enough)] | None = None
    jwt_jwks: str | None = None
    jwt_issuer: str = "estuary"
    jwt_audience: str = "estuary"

    payments: Literal["fake", "stripe"] = "fake"
    fake_payments_file: Path | None = None
    stripe_api_key: SecretStr | None = None
    stripe_api_base: str = Field(default="https://api.stripe.com", pattern="^https?://[^/]+$")
    stripe_payment_method_types: CommaSeparated = ()
    stripe_webhook_secret: SecretsSeparated = ()
    payment_hold_minutes: int = Field(default=15, ge=1, le=60 * 24)
    payment_lookup_seconds: int = Field(default=15, ge=1, le=3600)
    waitlist_offer_minutes: int = Field(default=60, ge=1, le=60 * 24 * 7)

    currency: str = Field(default="usd", pattern="^[a-z]{3}$")
    commission_bps: Rate = 1500
    commission_bps_by_type: dict[ServiceType, Rate] = Field(default_factory=dict)
    earnings_hold_hours: int = Field(default=48, ge=0, le=24 * 365)
    minimum_payout_cents: Cents = 0
    minimum_charge_cents: Cents | None = None

    room_opens_minutes: int = Field(default=15, ge=0, le=60 * 24)
    room_closes_minutes: int = Field(default=15, ge=0, le=60 * 24)
    room_answer_minutes: int = Field(default=10, ge=0, le=60 * 24)
    livekit_url: str | None = Field(default=None, pattern="^(wss?|https?)://[^/?#@]+(/[^?#]*)?$")
    livekit_api_key: SecretsSeparated = ()
    livekit_api_secret: LongSecretsSeparated = ()

    webhooks_ports: CommaSeparatedPorts = ()
    webhooks_allow_private: bool = False
    webhooks_per_owner: int = Field(default=20, ge=1, le=1000)
    webhook_secret_overlap_hours: int = Field(default=24, ge=0, le=24 * 30)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    workers: int = Field(default=1, ge=1, le=128)
    cors_origins: CommaSeparated = ()
    deprecated_on: date = date(2026, 12, 1)
    sunset_on: date | Literal["never"] = date(2027, 12, 1)
    deprecation_guide: str = Field(default="/schema", pattern=r"^(https?:/)?/[!#-;=?-~]*$")
    log_level: LogLevel = "info"
    log_format: LogFormat = "console"
    sweep_interval_seconds: Seconds = 5
    smtp_url: SecretStr | None = None
    mail_from: str | None = Field(default=None, pattern=MAILBOX)
    outbox_claim_seconds: int = Field(default=60, ge=2, le=3600)
    outbox_batch: int = Field(default=100, ge=1, le=1000)
    outbox_concurrency: int = Field(default=10, ge=1, le=1000)
    outbox_send_timeout_seconds: int = Field(default=10, ge=1, le=3600)
    outbox_max_attempts: int = Field(default=MAX_ATTEMPTS, ge=1, le=100)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.minimum_charge_cents is None and self.currency not in MINIMUM_CHARGE_CENTS:
            raise PydanticCustomError(
                "no_minimum", f"{PREFIX}MINIMUM_CHARGE_CENTS: is required for the currency {self.currency}"
            )
        if self.payments == "stripe" and self.stripe_api_key is None:
            raise PydanticCustomError(
                "no_stripe_key", f"{PREFIX}STRIPE_API_KEY: is not set; payments through stripe need it"
            )
        if self.smtp_url is not None and self.mail_from is None:
            raise PydanticCustomError(
                "no_sender", f"{PREFIX}MAIL_FROM: is not set; mail through a server needs it"
            )
        if self.outbox_claim_seconds <= self.outbox_send_timeout_seconds:
            raise PydanticCustomError(
                "short_claim",
                f"{PREFIX}OUTBOX_CLAIM_SECONDS: must be longer than {PREFIX}OUTBOX_SEND_TIMEOUT_SECONDS",
            )
        if self.sunset_on != "never" and self.sunset_on < self.deprecated_on:
            raise PydanticCustomError(
                "early_sunset", f"{PREFIX}SUNSET_ON: must not be before {PREFIX}DEPRECATED_ON"
            )
        self._require_whole_livekit()
        return self

    def _require_whole_livekit(self) -> None:
        """All of LiveKit's settings, or none; a secret for each key."""
        given = {name: getattr(self, name) for name in LIVEKIT}
        missing = [f"{PREFIX}{name.upper()}" for name, value in given.items() if not value]
        if 0 < len(missing) < len(LIVEKIT):
            raise PydanticCustomError("half_livekit", f"{', '.join(missing)}: is not set; LiveKit needs it")
        if len(self.livekit_api_key) != len(self.livekit_api_secret):
            raise PydanticCustomError(
                "unpaired_livekit",
                f"{PREFIX}LIVEKIT_API_SECRET: must be as many as {PREFIX}LIVEKIT_API_KEY, in the same order",
            )

    @property
    def pace(self) -> Pace:
        """How a worker takes from the outbox."""
        return Pace(
            claim_seconds=self.outbox_claim_seconds,
            batch=self.outbox_batch,
            concurrency=self.outbox_concurrency,
            timeout_seconds=self.outbox_send_timeout_seconds,
            max_attempts=self.outbox_max_attempts,
        )

    @property
    def rules(self) -> Rules:
        """The marketplace's rules."""
        minimum = self.minimum_charge_cents
        return Rules(
            currency=self.currency,
            commission_bps=self.commission_bps,
            type_commission_bps=dict(self.commission_bps_by_type),
            earnings_hold_hours=self.earnings_hold_hours,
            payment_hold_minutes=self.payment_hold_minutes,
            waitlist_offer_minutes=self.waitlist_offer_minutes,
            minimum_payout_cents=self.minimum_payout_cents,
            minimum_charge_cents=MINIMUM_CHARGE_CENTS[self.currency] if minimum is None else minimum,
            room_opens_minutes=self.room_opens_minutes,
            room_closes_minutes=self.room_closes_minutes,
            room_answer_minutes=self.room_answer_minutes,
            webhooks_per_owner=self.webhooks_per_owner,
            webhook_secret_overlap_hours=self.webhook_secret_overlap_hours,
        )

    @property
    def required_secret(self) -> str:
        """The secret that tokens are signed with, or BadSettings."""
        if self.jwt_secret is None:
            raise BadSettings(f"{PREFIX}JWT_SECRET: is not set; tokens are signed with a shared secret")
        return self.jwt_secret.get_secret_value()

    def require_authentication(self) -> None:
        """BadSettings unless there is exactly one thing to check tokens with."""
        if self.jwt_secret is None and self.jwt_jwks is None:
            raise BadSettings(
                f"{PREFIX}JWT_SECRET: is not set; give at least {SECRET_BYTES} random bytes,"
                f" or {PREFIX}JWT_JWKS"
            )
        if self.jwt_secret is not None and self.jwt_jwks is not None:
            raise BadSettings(f"{PREFIX}JWT_JWKS: cannot be combined with {PREFIX}JWT_SECRET")
        if self.jwt_jwks is not None and "://" not in self.jwt_jwks:
            _require_key_set(Path(self.jwt_jwks))

    def shown(self) -> Mapping[str, Any]:
        """The settings in force by the names of their variables, plain values, secrets hidden."""
        plain = self.model_dump(mode="json")
        plain["store_url"] = without_password(self.store_url.get_secret_value())
        plain["jwt_secret"] = None if self.jwt_secret is None else HIDDEN
        plain["stripe_api_key"] = None if self.stripe_api_key is None else HIDDEN
        for name in ("livekit_api_key", "livekit_api_secret", "stripe_webhook_secret"):
            plain[name] = [HIDDEN for _ in getattr(self, name)]
        plain["smtp_url"] = None if self.smtp_url is None else HIDDEN
        plain["minimum_charge_cents"] = self.rules.minimum_charge_cents
        return {f"{PREFIX}{name.upper()}": value for name, value in plain.items()}


def _require_key_set(file: Path) -> None:
    try:
        keys = json.loads(file.read_bytes())["keys"]
    except OSError:
        raise BadSettings(f"{PREFIX}JWT_JWKS: is neither a URL nor a file that can be read") from None
    except (ValueError, KeyError, TypeError):
        keys = None
    if not isinstance(keys, list) or not keys:
        raise BadSettings(f"{PREFIX}JWT_JWKS: the file is not a JSON Web Key Set")


def load_settings(**overrides: Any) -> Settings:
    """The settings in force; `overrides` win over the environment. Raises BadSettings."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise BadSettings("; ".join(_line(problem) for problem in error.errors())) from None
    except SettingsError as error:
        raise BadSettings(_undecodable(error)) from None


def without_password(url: str) -> str:
    """A store's URL as it may be shown and logged."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return HIDDEN
    if parts.password is None:
        return url
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}:{HIDDEN}@{host}"))


def _line(problem: Any) -> str:
    """One problem in one line: the variable's name and what is wrong with it, never its value."""
    where = [str(part) for part in problem["loc"]]
    if not where:
        return str(problem["msg"])
    name, *inside = where
    place = f"{PREFIX}{name.upper()}" + "".join(f".{part}" for part in inside if part != "[key]")
    return f"{place}: {problem['msg']}"


def _undecodable(error: SettingsError) -> str:
    """pydantic-settings names the field in quotes when a value is not JSON."""
    name = str(error).partition('"')[2].partition('"')[0]
    return f"{PREFIX}{name.upper()}: is not valid JSON"
