"""What a handler needs of its request, by name: the deployment, the caller, the key."""

from typing import Any

from litestar.connection import Request

from adapters.http.auth import Unauthorized
from adapters.http.config import HttpConfig
from core.domain.actors import Actor, Role
from core.domain.ids import UserId
from core.usecases.context import Ports


class ApiRequest(Request[Any, Any, Any]):
    """A request to the API."""

    @property
    def ports(self) -> Ports:
        """The deployment's ports."""
        ports: Ports = self.app.state.ports
        return ports

    @property
    def config(self) -> HttpConfig:
        """The operator's choices."""
        config: HttpConfig = self.app.state.config
        return config

    @property
    def caller(self) -> Actor | None:
        """Who asks; None without a token."""
        caller: Actor | None = self.scope["user"]
        return caller

    @property
    def actor(self) -> Actor:
        """Who asks, on routes that only a token opens."""
        if self.caller is None:
            raise Unauthorized("a bearer token is required", error=None)
        return self.caller

    def require(self, *roles: Role) -> Actor:
        """The caller, who has one of the roles; Forbidden otherwise."""
        self.actor.require(*roles)
        return self.actor


def sees(caller: Actor | None, *owners: UserId | None) -> bool:
    """Whether the thing belongs to the caller in one of these ways, or the caller is an admin."""
    return caller is not None and any(caller.owns(owner) for owner in owners)
