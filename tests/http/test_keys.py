"""Public keys: tokens signed elsewhere, checked with a JWKS, rotated without a restart."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.http import auth, keys
from adapters.http.auth import Unauthorized, Verifier, verifier_of
from adapters.http.config import HttpConfig
from core.domain.actors import Role
from ports.errors import Unavailable
from tests.builders import new_user

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
USER = new_user()


def published(path: Path, **private: Any) -> Path:
    """Write the public halves of these keys as a JWKS."""
    entries = []
    for kid, key in private.items():
        algorithm = (
            jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
        )
        entries.append({**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"})
    path.write_text(json.dumps({"keys": entries}))
    return path


def signed(key: Any, algorithm: str, kid: str | None) -> str:
    claims = {
        "sub": str(USER),
        "roles": ["client"],
        "aud": "estuary",
        "iss": "estuary",
        "exp": datetime.now(UTC) + timedelta(minutes=5),
        "jti": uuid4().hex,
    }
    return jwt.encode(claims, key, algorithm, headers=None if kid is None else {"kid": kid})


def verifier(path: Path) -> Verifier:
    return verifier_of(HttpConfig(jwt_jwks=str(path)))


@pytest.fixture
def jwks(tmp_path: Path) -> Path:
    """A set of two keys."""
    return published(tmp_path / "jwks.json", one=RSA, two=CURVE)


async def test_both_kinds_of_keys_are_accepted(jwks: Path) -> None:
    checked = verifier(jwks)
    assert USER == (await checked.verify(signed(RSA, "RS256", "one"))).user_id
    assert frozenset([Role.CLIENT]) == (await checked.verify(signed(CURVE, "ES256", "two"))).roles


async def test_a_single_key_needs_no_name(tmp_path: Path) -> None:
    checked = verifier(published(tmp_path / "jwks.json", one=RSA))
    assert USER == (await checked.verify(signed(RSA, "RS256", None))).user_id


@pytest.mark.parametrize(
    "flaw", ["public key as a secret", "other algorithm", "unknown name", "swapped", "unsigned"]
)
async def test_what_the_keys_did_not_sign_is_refused(jwks: Path, flaw: str) -> None:
    pem = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    forged = {
        "public key as a secret": lambda: _hmac(pem),
        "other algorithm": lambda: signed(RSA, "RS512", "one"),
        "unknown name": lambda: signed(RSA, "RS256", "three"),
        "swapped": lambda: signed(RSA, "RS256", "two"),
        "unsigned": lambda: signed(None, "none", "one"),
    }[flaw]()
    with pytest.raises(Unauthorized):
        await verifier(jwks).verify(forged)


def _hmac(public_key: bytes) -> str:
    """A token signed with the public key as if it were a shared secret; PyJWT itself would not."""

    def part(value: dict[str, Any]) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    head = part({"alg": "HS256", "kid": "one", "typ": "JWT"})
    soon = int((datetime.now(UTC) + timedelta(minutes=5)).timestamp())
    claims = {"sub": str(USER), "roles": ["admin"], "aud": "estuary", "iss": "estuary", "exp": soon}
    text = head + b"." + part(claims)
    mac = base64.urlsafe_b64encode(hmac.digest(public_key, text, "sha256")).rstrip(b"=")
    return (text + b"." + mac).decode()


async def test_a_new_key_is_found_and_an_old_one_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = 1000.0
    monkeypatch.setattr(keys, "monotonic", lambda: time)
    path = published(tmp_path / "jwks.json", one=RSA)
    checked = verifier(path)
    await checked.verify(signed(RSA, "RS256", "one"))

    published(path, two=CURVE)
    with pytest.raises(Unauthorized):
        await checked.verify(signed(CURVE, "ES256", "two"))
    time += keys.UNKNOWN_SECONDS
    await checked.verify(signed(CURVE, "ES256", "two"))
    with pytest.raises(Unauthorized):
        await checked.verify(signed(RSA, "RS256", "one"))


async def test_a_revoked_key_is_dropped_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    time = 1000.0
    monkeypatch.setattr(keys, "monotonic", lambda: time)
    path = published(tmp_path / "jwks.json", one=RSA, two=CURVE)
    checked = verifier(path)
    await checked.verify(signed(RSA, "RS256", "one"))

    published(path, two=CURVE)
    time += keys.REVOKED_SECONDS
    with pytest.raises(Unauthorized):
        await checked.verify(signed(RSA, "RS256", "one"))


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"keys": []}', '{"keys": [{"kty": "oct"}]}'])
async def test_a_set_that_cannot_be_read_is_an_outage_and_not_a_bad_token(
    tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "jwks.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Unavailable):
        await verifier(path).verify(signed(RSA, "RS256", "one"))


async def test_the_old_keys_stay_when_the_set_goes_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = 1000.0
    monkeypatch.setattr(keys, "monotonic", lambda: time)
    path = published(tmp_path / "jwks.json", one=RSA)
    checked = verifier(path)
    await checked.verify(signed(RSA, "RS256", "one"))

    path.unlink()
    time += keys.REVOKED_SECONDS
    assert USER == (await checked.verify(signed(RSA, "RS256", "one"))).user_id


async def test_a_remembered_token_is_verified_again_in_time_and_never_outlives_itself(
    jwks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC).timestamp()
    monkeypatch.setattr(auth, "time", lambda: now)
    checked, made = verifier(jwks), signed(RSA, "RS256", "one")
    assert await checked.verify(made) is await checked.verify(made)

    first = await checked.verify(made)
    now += auth.REMEMBERED_SECONDS
    assert first is not await checked.verify(made)
    now += 300
    with pytest.raises(Unauthorized):
        await checked.verify(made)
