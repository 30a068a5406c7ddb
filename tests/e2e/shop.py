"""A practitioner, a customer and an admin who speak HTTP to a running server."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from attrs import frozen

from adapters.cli.demo.server import Installation, RunningServer
from adapters.cli.demo.telling import API, Caller


@frozen(kw_only=True)
class Shop:
    """Who is there and what is for sale, on one installation whose server may come and go."""

    installation: Installation
    tokens: dict[str, str]
    ids: dict[str, str]
    session_id: str
    package_id: str

    def caller(self, server: RunningServer, who: str) -> Caller:
        """One of the people, at a running server."""
        return Caller(server.client, self.tokens[who])

    def post(
        self, path: str, body: dict[str, Any], *, who: str = "client", key: str | None = None
    ) -> httpx.Response:
        """A request on a connection of its own, for several at once."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return httpx.post(
            self.installation.url + API + path, json=body, headers=headers, timeout=60, trust_env=False
        )

    def buy_package(self, **fields: Any) -> dict[str, Any]:
        """The body that buys the package with credits and card."""
        return {
            "service_id": self.package_id,
            "payment_method_id": "pm_card_visa",
            "apply_credits": True,
        } | fields


def opened(installation: Installation, server: RunningServer) -> Shop:
    """A shop with a session at 80.00, a package of five at 400.00, and a customer with 100.00 of credits."""
    ids = {"practitioner": str(uuid4()), "client": str(uuid4()), "rival": str(uuid4()), "admin": str(uuid4())}
    roles = {"practitioner": "practitioner", "client": "client", "rival": "client", "admin": "admin"}
    tokens = {who: token(installation, ids[who], roles[who]) for who in ids}
    ana = Caller(server.client, tokens["practitioner"])
    ana.put(
        f"/practitioners/{ids['practitioner']}", {"display_name": "Ana Reis", "timezone": "Europe/Lisbon"}
    )
    common = {"practitioner_id": ids["practitioner"], "currency": "usd", "duration_minutes": 60}
    single = ana.post(
        "/services", {**common, "service_type": "session", "name": "Breathing", "price_cents": 8000}
    )
    package = ana.post(
        "/services",
        {
            **common,
            "service_type": "package",
            "name": "Five breaths",
            "price_cents": 40000,
            "components": [{"service_id": single["id"], "quantity": 5}],
        },
    )
    Caller(server.client, tokens["admin"]).post(
        "/credits/grants", {"user_id": ids["client"], "amount_cents": 10000, "reason": "welcome"}
    )
    return Shop(
        installation=installation, tokens=tokens, ids=ids, session_id=single["id"], package_id=package["id"]
    )


def token(installation: Installation, user_id: str, *roles: str) -> str:
    """A token for a user named by the text of their id."""
    return installation.token(UUID(user_id), *roles)


def in_days(days: int, *, minutes: int = 0) -> str:
    """A full hour so many days ahead, as RFC 3339."""
    at = (datetime.now(UTC) + timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    return (at + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def soon(**delta: float) -> str:
    """An instant a while from now, as RFC 3339."""
    return (datetime.now(UTC) + timedelta(**delta)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
