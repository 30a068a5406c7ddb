"""Lines under anything that may happen: in order, never more than fits, and nothing over comes back."""

from contextlib import suppress
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.domain.audit import Violation
from core.domain.bookings import Booking
from core.domain.catalogue import ServiceType
from core.domain.errors import Conflict
from core.domain.ids import UserId, WaitlistId
from core.domain.sessions import ServiceSession
from core.domain.statuses import BookingStatus, SessionStatus, WaitlistStatus
from core.domain.waitlist import WaitlistEntry
from core.usecases.call_off import cancel_session
from core.usecases.ledger import check_ledger
from core.usecases.lines import advance_line
from core.usecases.waitlist import decline_offer, join_waitlist, leave_waitlist
from tests.builders import make_practitioner, make_service, make_session, new_user
from tests.domain.invariants import broken
from tests.domain.market import ADMIN, Market, client, finished, hours

SEATS = 2
WHO = st.integers(min_value=0, max_value=6)
CARDS = st.sampled_from(["pm_card_visa"] * 3 + ["pm_card_authenticationRequired", "pm_card_chargeDeclined"])
MINUTES = st.sampled_from([1, 20, 61, 600])
OVER = [status for status in WaitlistStatus if status not in (WaitlistStatus.WAITING, WaitlistStatus.OFFERED)]


class Workshop(RuleBasedStateMachine):
    """Seven customers and two seats."""

    @initialize()
    def open(self) -> None:
        self.market = Market()
        self.people = [new_user() for _ in range(7)]
        seller = make_practitioner()
        self.workshop = make_service(seller, service_type=ServiceType.WORKSHOP, price_cents=4000)
        session = make_session(self.workshop, max_participants=SEATS, start_time=hours(30))
        self.session_id = session.id
        self.market.offer(seller, self.workshop, session)
        self.seen: dict[WaitlistId, WaitlistEntry] = {}
        for person in self.people[:SEATS]:
            self.market.buy(person, self.workshop, session_id=session.id)

    @property
    def now(self) -> datetime:
        return self.market.clock.now()

    def session(self) -> ServiceSession:
        found = finished(self.market.store.session(self.session_id))
        assert found is not None
        return found

    def line(self) -> list[WaitlistEntry]:
        view = finished(self.market.store.load_line(self.session_id))
        assert view is not None
        return list(view.entries)

    def seats_of(self, user: UserId) -> list[Booking]:
        taken = (BookingStatus.CONFIRMED, BookingStatus.PENDING_PAYMENT)
        rows = self.market.books().every(Booking)
        return [row for row in rows if row.user_id == user and row.status in taken]

    @rule(who=WHO, card=CARDS)
    def buy(self, who: int, card: str) -> None:
        """Only somebody with an offer, or anybody while nobody waits, comes to a seat."""
        user, before, line = self.people[who], self.session(), self.line()
        offers = [e for e in line if e.user_id == user and e.offers_a_seat(self.now)]
        try:
            self.market.buy(user, self.workshop, session_id=self.session_id, payment_method_id=card)
        except Conflict:
            return
        assert offers or before.free_seats > 0

    @rule(who=WHO)
    def join(self, who: int) -> None:
        actor = client(self.people[who])
        with suppress(Conflict):
            finished(join_waitlist(self.session_id, actor=actor, ports=self.market.ports))

    @rule(who=WHO)
    def leave(self, who: int) -> None:
        finished(leave_waitlist(self.session_id, actor=client(self.people[who]), ports=self.market.ports))

    @rule(number=WHO)
    def decline(self, number: int) -> None:
        entries = sorted(self.seen.values(), key=lambda entry: entry.id)
        for entry in entries[number : number + 1]:
            with suppress(Conflict):
                work = decline_offer(entry.id, actor=client(entry.user_id), ports=self.market.ports)
                finished(work)

    @rule(who=WHO)
    def cancel(self, who: int) -> None:
        for booking in self.seats_of(self.people[who]):
            with suppress(Conflict):
                self.market.cancel(booking.id, client(booking.user_id))

    @rule(minutes=MINUTES)
    def wait(self, minutes: int) -> None:
        self.market.sweep(after=timedelta(minutes=minutes))
        assert self.session().unclaimed_seats == 0 or not self.session().waiting_count

    @rule(sure=st.integers(min_value=0, max_value=9))
    def call_off(self, sure: int) -> None:
        """Now and then everything is called off."""
        if sure == 0:
            with suppress(Conflict):
                work = cancel_session(self.session_id, actor=ADMIN, reason=None, ports=self.market.ports)
                finished(work)

    @rule()
    def advance_again(self) -> None:
        """Whatever happened has moved the line already, but for what only time does."""
        with suppress(Conflict):
            finished(advance_line(self.session_id, ports=self.market.ports))
        again = finished(advance_line(self.session_id, ports=self.market.ports))
        assert () == again.entries

    @invariant()
    def holds(self) -> None:
        books = self.market.books()
        assert [] == broken(books)
        report = finished(check_ledger(ports=self.market.ports))
        assert () == tuple[Violation, ...](report.violations)
        self.look(books.every(WaitlistEntry))

    def look(self, entries: list[WaitlistEntry]) -> None:
        """What is over stays as it was; whoever came first is offered a seat first."""
        for entry in entries:
            before = self.seen.get(entry.id)
            if before is not None and before.status in OVER:
                assert before == entry
        self.seen = {entry.id: entry for entry in entries}
        line = sorted((e for e in entries if e.is_live), key=lambda e: (e.created_at, e.id))
        statuses = [entry.status for entry in line]
        assert sorted(statuses, key=lambda status: status is WaitlistStatus.WAITING) == statuses
        if self.session().status is not SessionStatus.SCHEDULED:
            assert [] == line


Workshop.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestWorkshop = Workshop.TestCase
