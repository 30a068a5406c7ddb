"""What a customer's rows name, as it will be: each worked out once, however many rows name it."""

from collections import defaultdict
from collections.abc import Callable
from typing import TypeVar

from core.domain.catalogue import Practitioner, Service
from core.domain.legacy.catalogue import practitioner, service_of
from core.domain.legacy.findings import Reason, Unfit
from core.domain.legacy.meetings import Met, meet
from core.domain.legacy.pieces import Frame
from core.domain.legacy.rows import Customer, OldPresence, Settlement, Table

T = TypeVar("T")


class Known:
    """Lookups by old id. Each raises Unfit for what is not brought over: about the row that names it."""

    def __init__(self, customer: Customer, frame: Frame) -> None:
        self.frame = frame
        self._offers = {offer.service.id: offer for offer in customer.offers}
        self._meetings = {meeting.session.id: meeting for meeting in customer.meetings}
        self._sellers = {seller.practitioner.id: seller for seller in customer.sellers}
        self._settlements = {one.payout.id: one for one in customer.settlements}
        self._presences: dict[int, list[OldPresence]] = defaultdict(list)
        for presence in customer.presences:
            self._presences[presence.service_session_id].append(presence)
        self._services: dict[int, Service | Unfit] = {}
        self._practitioners: dict[int, Practitioner | Unfit] = {}
        self._met: dict[int, Met | Unfit] = {}

    def service(self, old_id: int, *, by: tuple[Table, int]) -> Service:
        """A service."""

        def make() -> Service:
            if old_id not in self._offers:
                raise _missing(by, f"service {old_id}")
            return service_of(self._offers[old_id], self.frame)

        return _found(self._services, old_id, make, by, Reason.SERVICE_QUARANTINED)

    def practitioner_of(self, service_id: int) -> int | None:
        """The old id of a service's practitioner."""
        offer = self._offers.get(service_id)
        return None if offer is None else offer.service.primary_practitioner_id

    def practitioner(self, old_id: int | None, *, by: tuple[Table, int]) -> Practitioner:
        """A practitioner."""

        def make() -> Practitioner:
            if old_id not in self._sellers:
                raise _missing(by, f"practitioner {old_id}")
            return practitioner(self._sellers[old_id], self.frame)

        return _found(self._practitioners, old_id or 0, make, by, Reason.PRACTITIONER_MISSING)

    def met(self, old_id: int, *, by: tuple[Table, int]) -> Met:
        """A session."""

        def make() -> Met:
            if old_id not in self._meetings:
                raise _missing(by, f"session {old_id}")
            return meet(self._meetings[old_id], self.frame)

        return _found(self._met, old_id, make, by, Reason.SESSION_QUARANTINED)

    def room_used(self, session_id: int) -> bool:
        """Whether anybody was in the session's room."""
        return self._meetings[session_id].room_used

    def presences(self, session_id: int) -> list[OldPresence]:
        """When the customer was in it."""
        return self._presences.get(session_id, [])

    def settlement(self, payout_id: int) -> Settlement | None:
        """A payout."""
        return self._settlements.get(payout_id)


def _missing(by: tuple[Table, int], what: str) -> Unfit:
    return Unfit(*by, Reason.ROW_MISSING, f"{what} is missing")


def _found(
    kept: dict[int, T | Unfit], old_id: int, make: Callable[[], T], by: tuple[Table, int], reason: Reason
) -> T:
    if old_id not in kept:
        try:
            kept[old_id] = make()
        except Unfit as unfit:
            kept[old_id] = unfit
    found = kept[old_id]
    if isinstance(found, Unfit):
        why = found.reason if (found.table, found.id) == by else reason
        raise Unfit(*by, why, found.detail if why is found.reason else str(found))
    return found
