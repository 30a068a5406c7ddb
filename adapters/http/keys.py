"""The keys that tokens are verified with: one shared secret, or a set of public keys."""

import asyncio
import json
from pathlib import Path
from time import monotonic
from typing import Final, Protocol

import structlog
from jwt import PyJWK, PyJWKClient, PyJWKSet
from jwt.exceptions import PyJWTError

from adapters.http.config import HttpConfig
from ports.errors import Unavailable

log = structlog.get_logger("estuary.http")

UNKNOWN_SECONDS: Final = 60.0
"""How long a key that is not in the set is taken for forged before the set is read again."""

REVOKED_SECONDS: Final = 600.0
"""How long a key that was taken out of the set may still be accepted."""

RETRY_SECONDS: Final = 5.0
"""How long to wait before a set that could not be read is tried again."""

FETCH_SECONDS: Final = 5.0


class Keys(Protocol):
    """Finds the key of a token by the `kid` of its header."""

    async def find(self, kid: str | None) -> PyJWK | str | None:
        """The key, or None if there is none. Raises Unavailable when the set cannot be read."""
        ...


class SharedSecret:
    """One secret for every token."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    async def find(self, kid: str | None) -> PyJWK | str | None:
        """The secret, whatever the token says of it."""
        del kid
        return self._secret


class PublicKeys:
    """A JWKS, read at first use, when it has grown old, and when an unknown key shows up."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._keys: dict[str | None, PyJWK] = {}
        self._tried_at: float | None = None
        self._reading = asyncio.Lock()

    async def find(self, kid: str | None) -> PyJWK | str | None:
        """The set's key of that id; a token without one fits a set of a single key."""
        if self._may_read(kid):
            await self._read(kid)
        if not self._keys:
            raise Unavailable("the keys that tokens are checked with cannot be read")
        return self._keys.get(kid)

    def _may_read(self, kid: str | None) -> bool:
        if self._tried_at is None:
            return True
        known = REVOKED_SECONDS if kid in self._keys else UNKNOWN_SECONDS
        return monotonic() - self._tried_at >= (known if self._keys else RETRY_SECONDS)

    async def _read(self, kid: str | None) -> None:
        """Read the set, one caller at a time; the old keys stay when that fails."""
        async with self._reading:
            if not self._may_read(kid):
                return
            self._tried_at = monotonic()
            try:
                self._keys = _by_id(await asyncio.to_thread(_read_set, self._source))
            except (OSError, ValueError, TypeError, AttributeError, LookupError, PyJWTError):
                log.warning("jwks_unreadable", exc_info=True)


def keys_of(config: HttpConfig) -> Keys:
    """The keys that a configuration names."""
    if config.jwt_secret is not None:
        return SharedSecret(config.jwt_secret)
    if config.jwt_jwks is None:
        raise ValueError("there is neither a secret nor a JWKS")
    return PublicKeys(config.jwt_jwks)


def _read_set(source: str) -> PyJWKSet:
    if source.startswith(("https://", "http://")):
        return PyJWKClient(source, cache_jwk_set=False, timeout=FETCH_SECONDS).get_jwk_set()
    return PyJWKSet.from_dict(json.loads(Path(source).read_bytes()))


def _by_id(keys: PyJWKSet) -> dict[str | None, PyJWK]:
    by_id: dict[str | None, PyJWK] = {key.key_id: key for key in keys.keys}
    if len(keys.keys) == 1:
        by_id[None] = keys.keys[0]
    return by_id
