"""Services with what they name, practitioners with who they are: a few statements for many ids."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.legacy.schema import Schema, records, shape
from adapters.legacy.snapshot import Row, Snapshot
from core.domain.legacy.rows import Offer, OldRelationship, OldService, OldServiceType, Seller, Table

LARGEST: Final = 2**63 - 1
"""No database has a larger id; what is found in text may be any number."""


class Catalogue:
    """What sells and who sells it, in one old database."""

    def __init__(self, snapshot: Snapshot, schema: Schema) -> None:
        self._snapshot = snapshot
        self._schema = schema
        self._types: dict[int, OldServiceType] | None = None

    async def types(self) -> dict[int, OldServiceType]:
        """Every service type by its id. They are few and read once."""
        if self._types is None:
            table = self._schema[Table.SERVICE_TYPES]
            rows = await self._snapshot.rows(
                sa.select(*shape(Table.SERVICE_TYPES).columns(table)).order_by(table.c.id)
            )
            self._types = {found.id: found for found in records(Table.SERVICE_TYPES, rows)}
        return self._types

    async def sellers(self, ids: Iterable[int | None]) -> dict[int, Seller]:
        """The practitioners that are there, by their ids."""
        practitioners = self._schema[Table.PRACTITIONERS]
        statement = sellers(self._schema)
        rows = await self._of(statement, practitioners.c.id, ids)
        return {found.practitioner.id: found for found in map(seller, rows)}

    async def offers(self, ids: Iterable[int | None]) -> dict[int, Offer]:
        """The services that are there, by their ids, with their parts."""
        services = await self._services(ids)
        relationships = await self._relationships(services)
        named = {key: _parts(service, relationships[key]) for key, service in services.items()}
        parts = services | await self._services(
            {part for some in named.values() for part in some} - services.keys()
        )
        types = await self.types()
        selling = await self.sellers(service.primary_practitioner_id for service in parts.values())

        def offer(service: OldService, **rest: Any) -> Offer:
            return Offer(
                service=service,
                type=types.get(service.service_type_id),
                seller=selling.get(service.primary_practitioner_id or 0),
                **rest,
            )

        return {
            key: offer(
                service,
                relationships=tuple(relationships[key]),
                parts=tuple(offer(parts[part]) for part in named[key] if part in parts),
            )
            for key, service in services.items()
        }

    async def _services(self, ids: Iterable[int | None]) -> dict[int, OldService]:
        table = self._schema[Table.SERVICES]
        rows = await self._of(sa.select(*shape(Table.SERVICES).columns(table)), table.c.id, ids)
        return {found.id: found for found in records(Table.SERVICES, rows)}

    async def _relationships(self, parents: Iterable[int]) -> dict[int, list[OldRelationship]]:
        table = self._schema[Table.RELATIONSHIPS]
        statement = sa.select(*shape(Table.RELATIONSHIPS).columns(table)).order_by(table.c.id)
        found: dict[int, list[OldRelationship]] = defaultdict(list)
        for relationship in records(
            Table.RELATIONSHIPS, await self._of(statement, table.c.parent_service_id, parents)
        ):
            found[relationship.parent_service_id].append(relationship)
        return found

    async def _of(
        self, statement: sa.Select[Any], key: sa.ColumnElement[Any], ids: Iterable[int | None]
    ) -> list[Row]:
        """The rows whose key is one of the ids."""
        wanted = sorted({one for one in ids if one is not None and 0 < one <= LARGEST})
        if not wanted:
            return []
        among = _is_among(key, wanted, self._snapshot.dialect)
        return list(await self._snapshot.rows(statement.where(among)))


def sellers(schema: Schema) -> sa.Select[Any]:
    """Practitioners, the user that each is, and the lowest practitioner id of that user."""
    practitioners, users = schema[Table.PRACTITIONERS], schema[Table.USERS]
    others = practitioners.alias("others")
    first = (
        sa.select(others.c.user_id, sa.func.min(others.c.id).label("first_id"))
        .group_by(others.c.user_id)
        .subquery("first")
    )
    return sa.select(
        *shape(Table.PRACTITIONERS).columns(practitioners),
        *shape(Table.USERS).columns(users),
        first.c.first_id,
    ).select_from(
        practitioners.join(first, first.c.user_id == practitioners.c.user_id).outerjoin(
            users, users.c.id == practitioners.c.user_id
        )
    )


def seller(row: Row) -> Seller:
    """The practitioner of a row of `sellers`."""
    width = shape(Table.PRACTITIONERS).width
    user = row[width:-1]
    return Seller(
        practitioner=shape(Table.PRACTITIONERS).read(row[:width]),
        user=None if user[0] is None else shape(Table.USERS).read(user),
        first_id=int(row[-1]),
    )


def _parts(service: OldService, relationships: Sequence[OldRelationship]) -> list[int]:
    """The services that a service names as its parts, each once, by id."""
    named = {relationship.child_service_id for relationship in relationships}
    return sorted(named | set(_bundled(service.metadata)))


def _bundled(metadata: str | None) -> Iterator[int]:
    """The service that a bundle's metadata names, if they can be read."""
    try:
        found = json.loads(metadata or "{}")
        if isinstance(found, dict) and not isinstance(found.get("bundled_service_id"), bool):
            yield int(found["bundled_service_id"])
    except (ValueError, KeyError, TypeError, OverflowError):
        return


def _is_among(key: sa.ColumnElement[Any], ids: Sequence[int], dialect: str) -> sa.ColumnElement[bool]:
    """Whether it is one of the ids, however many: drivers keep every other text as a statement of its own."""
    if dialect == "postgresql":
        return key == sa.func.any(sa.bindparam("ids", ids, type_=ARRAY(sa.BigInteger)))
    wanted = sa.func.json_each(sa.bindparam("ids", json.dumps(ids))).table_valued("value", name="wanted")
    return key.in_(sa.select(wanted.c.value))
