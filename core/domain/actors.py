"""Who asks: a user and the roles their token carries."""

from enum import StrEnum

from attrs import frozen

from core.domain.errors import Forbidden
from core.domain.ids import UserId


class Role(StrEnum):
    CLIENT = "client"
    PRACTITIONER = "practitioner"
    ADMIN = "admin"


@frozen(kw_only=True)
class Actor:
    """The caller of a use case."""

    user_id: UserId
    roles: frozenset[Role]

    @property
    def is_admin(self) -> bool:
        return Role.ADMIN in self.roles

    def require(self, *roles: Role) -> None:
        """Forbidden unless the caller has one of the roles."""
        if self.roles.isdisjoint(roles):
            raise Forbidden(f"this needs the role {' or '.join(roles)}")

    def owns(self, user_id: UserId | None) -> bool:
        """Whether the thing is the caller's own, or the caller is an admin."""
        return self.is_admin or (user_id is not None and self.user_id == user_id)
