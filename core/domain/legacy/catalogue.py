"""Users, practitioners and services of the old system as what they are now."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from core.domain.catalogue import Component, Practitioner, Service, ServiceStatus, ServiceType, TypeRate
from core.domain.changes import Changes
from core.domain.errors import Invalid
from core.domain.ids import ServiceId
from core.domain.legacy import words
from core.domain.legacy.findings import Finding, Reason, Unfit, adjusted, left_out
from core.domain.legacy.naming import new_id, user_id
from core.domain.legacy.pieces import Frame, Piece, rows_of
from core.domain.legacy.rows import Offer, OldService, OldServiceType, OldUser, Seller, Table
from core.domain.money import BPS, MAX_CENTS
from core.domain.notifications import Contact
from core.domain.time import require_zone

UTC_ZONE: Final = "UTC"
DEFAULT_MINUTES: Final = 60


def contact(user: OldUser) -> Piece:
    """Where a user is reached. Two users with one address stay two."""
    email = user.email.strip()
    if "@" not in email:
        found = left_out(Table.USERS, user.id, Reason.BAD_EMAIL, f"{user.email!r} is no address")
        return Piece(findings=(found,))
    made = Contact(
        user_id=user_id(user.id),
        email=email,
        display_name=f"{user.first_name} {user.last_name}".strip() or None,
        timezone=UTC_ZONE,
        updated_at=user.date_joined,
    )
    return Piece(changes=Changes(inserts=(made,)), mapped=((Table.USERS, user.id),))


def bps_of(percent: Decimal, table: Table, old_id: int) -> int:
    """A rate in basis points, exactly: 12.50 percent are 1250. Unfit beyond 0 to 100 or two decimals."""
    bps = percent * 100
    if not percent.is_finite() or bps != int(bps) or not 0 <= bps <= BPS:
        raise Unfit(table, old_id, Reason.BAD_RATE, f"{percent} percent is no rate")
    return int(bps)


def type_rates(types: tuple[OldServiceType, ...]) -> tuple[Mapping[ServiceType, int], Piece]:
    """The marketplace's rates by service type, and an account of the rows."""
    rates: dict[ServiceType, int] = {}
    findings: list[Finding] = []
    for row in types:
        try:
            kind = _type_of(row)
            if row.commission_percent is not None:
                rates[kind] = bps_of(row.commission_percent, Table.SERVICE_TYPES, row.id)
        except Unfit as unfit:
            findings.append(left_out(unfit.table, unfit.id, unfit.reason, unfit.detail))
    gone = {found.id for found in findings}
    mapped = rows_of(Table.SERVICE_TYPES, (row.id for row in types if row.id not in gone))
    return rates, Piece(mapped=mapped, findings=tuple(findings))


def _type_of(row: OldServiceType) -> ServiceType:
    kind = words.SERVICE_TYPES.get(row.code)
    if kind is None:
        raise Unfit(Table.SERVICE_TYPES, row.id, Reason.UNKNOWN_WORD, f"type {row.code!r} is unknown")
    return kind


def practitioner(seller: Seller, frame: Frame) -> Practitioner:
    """A practitioner, whose id is their user's. Without a rate of their own the old marketplace's rates by
    type become theirs, where they differ from this deployment's. Raises Unfit.
    """
    old, user = seller.practitioner, seller.user
    if user is None:
        detail = f"their user {old.user_id} is missing"
        raise Unfit(Table.PRACTITIONERS, old.id, Reason.ROW_MISSING, detail)
    if seller.first_id != old.id:
        detail = f"user {user.id} is practitioner {seller.first_id} already"
        raise Unfit(Table.PRACTITIONERS, old.id, Reason.PRACTITIONER_TWICE, detail)
    own = old.commission_percent
    return Practitioner(
        id=user_id(user.id),
        display_name=old.display_name,
        timezone=zone_or_utc(old.timezone),
        commission_bps=None if own is None else bps_of(own, Table.PRACTITIONERS, old.id),
        type_rates=() if own is not None else _rates_that_differ(frame),
        stripe_account_id=old.stripe_account_id or None,
        created_at=user.date_joined,
    )


def _rates_that_differ(frame: Frame) -> tuple[TypeRate, ...]:
    rules = frame.rules
    return tuple(
        TypeRate(service_type=kind, commission_bps=bps)
        for kind, bps in sorted(frame.type_rates.items())
        if bps != rules.type_commission_bps.get(kind, rules.commission_bps)
    )


def zone_or_utc(name: str | None) -> str:
    """An IANA zone, UTC for what is none."""
    try:
        return require_zone(name or UTC_ZONE, pointer="timezone")
    except Invalid:
        return UTC_ZONE


def zone_findings(seller: Seller) -> tuple[Finding, ...]:
    """That a practitioner's zone is unknown."""
    old = seller.practitioner
    if zone_or_utc(old.timezone) == old.timezone:
        return ()
    detail = f"{old.timezone!r} is no IANA zone: UTC"
    return (adjusted(Table.PRACTITIONERS, old.id, Reason.BAD_ZONE, detail),)


def service_of(offer: Offer, frame: Frame) -> Service:
    """A service with its pieces. Raises Unfit."""
    old = offer.service
    kind = kind_of(offer)
    seller = _sold_by(offer, frame)
    _require_amounts(old)
    bundled, count = _bundle(offer, frame) if kind is ServiceType.BUNDLE else (None, None)
    return Service(
        id=ServiceId(new_id(Table.SERVICES, old.id)),
        practitioner_id=seller.id,
        service_type=kind,
        name=old.name,
        description=old.description or "",
        price_cents=old.price_cents,
        currency=frame.rules.currency,
        duration_minutes=old.duration_minutes or DEFAULT_MINUTES,
        max_participants=max(1, old.max_participants),
        validity_days=old.validity_days or None,
        components=_components(offer, frame) if kind is ServiceType.PACKAGE else (),
        bundled_service_id=bundled,
        session_count=count,
        status=ServiceStatus.ACTIVE if old.is_active else ServiceStatus.ARCHIVED,
        created_at=old.created_at,
    )


def kind_of(offer: Offer) -> ServiceType:
    """What a service is. Raises Unfit."""
    old = offer.service
    if offer.type is None:
        detail = f"its type {old.service_type_id} is missing"
        raise Unfit(Table.SERVICES, old.id, Reason.ROW_MISSING, detail)
    kind = words.SERVICE_TYPES.get(offer.type.code)
    if kind is None:
        detail = f"type {offer.type.code!r} is unknown"
        raise Unfit(Table.SERVICES, old.id, Reason.UNKNOWN_WORD, detail)
    return kind


def _sold_by(offer: Offer, frame: Frame) -> Practitioner:
    old = offer.service
    if offer.seller is None:
        detail = f"its practitioner {old.primary_practitioner_id} is missing"
        raise Unfit(Table.SERVICES, old.id, Reason.PRACTITIONER_MISSING, detail)
    try:
        return practitioner(offer.seller, frame)
    except Unfit as unfit:
        raise Unfit(Table.SERVICES, old.id, Reason.PRACTITIONER_MISSING, str(unfit)) from unfit


def _require_amounts(old: OldService) -> None:
    if not 0 <= old.price_cents <= MAX_CENTS:
        raise Unfit(Table.SERVICES, old.id, Reason.BAD_AMOUNT, f"a price of {old.price_cents}")
    for name, value in (("duration", old.duration_minutes), ("validity", old.validity_days)):
        if value is not None and value < 0:
            raise Unfit(Table.SERVICES, old.id, Reason.BAD_TIME, f"a {name} of {value}")


def _components(offer: Offer, frame: Frame) -> tuple[Component, ...]:
    if not offer.relationships:
        detail = "a package of nothing"
        raise Unfit(Table.SERVICES, offer.service.id, Reason.PIECE_MISSING, detail)
    return tuple(
        Component(service_id=_piece(offer, row.child_service_id, row.quantity, frame), quantity=row.quantity)
        for row in offer.relationships
    )


def _bundle(offer: Offer, frame: Frame) -> tuple[ServiceId, int]:
    named, count = _bundle_metadata(offer.service)
    return _piece(offer, named, count, frame), count


def _bundle_metadata(old: OldService) -> tuple[int, int]:
    """The service that a bundle has several of, and how many. Raises Unfit."""
    try:
        said = json.loads(old.metadata or "")
    except ValueError:
        said = None
    named = said.get("bundled_service_id") if isinstance(said, dict) else None
    count = said.get("session_count") if isinstance(said, dict) else None
    if type(named) is not int or type(count) is not int:
        detail = "its metadata names no bundled_service_id and session_count"
        raise Unfit(Table.SERVICES, old.id, Reason.PIECE_MISSING, detail)
    return named, count


def _piece(offer: Offer, named: int, quantity: int, frame: Frame) -> ServiceId:
    """The id of a service inside, if it can be brought over itself."""
    own = offer.service.id
    part = next((one for one in offer.parts if one.service.id == named), None)
    if part is None or named == own or quantity < 1:
        raise Unfit(Table.SERVICES, own, Reason.PIECE_MISSING, f"{quantity} of service {named}")
    try:
        kind = kind_of(part)
        _sold_by(part, frame)
        _require_amounts(part.service)
    except Unfit as unfit:
        raise Unfit(Table.SERVICES, own, Reason.PIECE_MISSING, str(unfit)) from unfit
    if kind in (ServiceType.PACKAGE, ServiceType.BUNDLE):
        raise Unfit(Table.SERVICES, own, Reason.PIECE_MISSING, f"service {named} is a {kind} itself")
    return ServiceId(new_id(Table.SERVICES, named))


def offered(offer: Offer, frame: Frame) -> Piece:
    """A service with its relationships."""
    own = offer.service.id
    inside = tuple(row.id for row in offer.relationships)
    try:
        service = service_of(offer, frame)
    except Unfit as unfit:
        with_it = tuple(
            left_out(Table.RELATIONSHIPS, row, unfit.reason, f"goes with service {own}") for row in inside
        )
        return Piece(findings=(left_out(unfit.table, unfit.id, unfit.reason, unfit.detail), *with_it))
    mapped = ((Table.SERVICES, own), *rows_of(Table.RELATIONSHIPS, inside))
    return Piece(changes=Changes(inserts=(service,)), mapped=mapped)
