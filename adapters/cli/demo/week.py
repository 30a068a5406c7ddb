"""Act two: a studio's week. A workshop, a course and a bundle are sold, and not everybody comes."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from attrs import frozen

from adapters.cli.console import rfc3339
from adapters.cli.demo.server import Installation
from adapters.cli.demo.story import BOOKS, prove
from adapters.cli.demo.telling import Caller, Teller, fact, money
from core.domain.money import format_cents

SEAT: Final = 4_500
SEAT_NET: Final = 3_825
MIXED_CREDITS: Final = 2_000
COURSE: Final = 24_000
CLASSES: Final = 8
BUNDLE: Final = 90_000
BUNDLED: Final = 9_000
EARNED: Final = SEAT + 2 * COURSE + 2 * BUNDLED
COMMISSION: Final = 10_575
NET: Final = EARNED - COMMISSION
CHARGED: Final = SEAT + (SEAT - MIXED_CREDITS) + 2 * COURSE + BUNDLE
DAY: Final = timedelta(days=1)

BOOKS_AFTER: Final = {
    "user_credit": BOOKS["user_credit"] + 1_000,
    "order_value": 8 * BUNDLED,
    "practitioner": 0,
    "platform_commission": BOOKS["platform_commission"] + COMMISSION,
    "platform_forfeits": 2_250 + SEAT,
    "payment_gateway": BOOKS["payment_gateway"] - CHARGED + 1_250,
    "payouts": BOOKS["payouts"] + NET,
    "platform_promotions": BOOKS["platform_promotions"] - SEAT - MIXED_CREDITS,
    "refunds_payable": 0,
}
"""What both acts leave in a store of their own, by account family."""


@frozen(kw_only=True)
class Client:
    """Somebody who buys."""

    id: UUID
    calls: Caller


@frozen(kw_only=True)
class Studio:
    """Who takes part, from a day's first minute on."""

    installation: Installation
    today: datetime
    practitioner_id: UUID
    practitioner: Caller
    admin: Caller
    cleo: Client
    dan: Client
    eli: Client

    def offer(self, kind: str, price_cents: int, **fields: Any) -> Any:
        """A service on sale."""
        body = {
            "practitioner_id": str(self.practitioner_id),
            "service_type": kind,
            "name": f"Singing, {kind}",
            "price_cents": price_cents,
            "currency": "usd",
        }
        return self.practitioner.post("/services", body | fields)

    def gather(self, service: Any, start_time: datetime) -> Any:
        """A public session of a workshop or course."""
        return self.practitioner.post(
            f"/services/{service['id']}/sessions", {"start_time": rfc3339(start_time)}
        )

    def calendar(self) -> list[Any]:
        """What the practitioner's nine days hold."""
        span = f"from={rfc3339(self.today)}&to={rfc3339(self.today + 9 * DAY)}"
        items: list[Any] = self.practitioner.get(f"/calendar?{span}")["items"]
        return items


def live_a_week(installation: Installation, http: Any, teller: Teller, *, is_new_store: bool) -> None:
    """Tell the act, at a running server."""
    studio = _studio(installation, http)
    single = _open_hours(studio, teller)
    workshop = _fill_workshop(studio, teller)
    _join_course(studio, teller)
    _use_bundle(studio, teller, single)
    _look_ahead(studio, teller)
    _pass_the_week(studio, teller, workshop)
    _pay_out(studio, teller)
    balances = prove(teller, installation, BOOKS_AFTER if is_new_store else {}, number=19)
    rows = ((name, format_cents(cents, teller.currency)) for name, cents in balances.items())
    teller.table("The trial balance", ("account", "balance"), rows, numbers=1)


def _studio(installation: Installation, http: Any) -> Studio:
    def caller(user_id: UUID, role: str) -> Caller:
        return Caller(http, installation.token(user_id, role))

    def client() -> Client:
        user_id = uuid4()
        return Client(id=user_id, calls=caller(user_id, "client"))

    practitioner_id = uuid4()
    return Studio(
        installation=installation,
        today=datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
        practitioner_id=practitioner_id,
        practitioner=caller(practitioner_id, "practitioner"),
        admin=caller(uuid4(), "admin"),
        cleo=client(),
        dan=client(),
        eli=client(),
    )


def _open_hours(studio: Studio, teller: Teller) -> Any:
    path = f"/practitioners/{studio.practitioner_id}"
    studio.practitioner.put(path, {"display_name": "Ben Okafor", "timezone": "Europe/Lisbon"})
    hours = {
        "timezone": "Europe/Lisbon",
        "weekly": [{"weekday": day, "start": "09:00", "end": "17:00"} for day in range(7)],
        "step_minutes": 60,
    }
    studio.practitioner.put(f"{path}/availability", hours)
    single = studio.offer("session", 10_000)
    teller.step(
        "11. Ben opens his studio, every day from 9 to 5 in Lisbon",
        fact("start times on a day", len(_free(studio, single)), 8),
    )
    return single


def _free(studio: Studio, single: Any) -> list[str]:
    """The start times that are left on the day after tomorrow."""
    span = f"from={rfc3339(studio.today + 2 * DAY)}&to={rfc3339(studio.today + 3 * DAY)}"
    slots = studio.cleo.calls.get(
        f"/practitioners/{studio.practitioner_id}/slots?service_id={single['id']}&{span}"
    )
    return [slot["start_time"] for slot in slots["items"]]


def _fill_workshop(studio: Studio, teller: Teller) -> Any:
    """Three seats, paid in three ways; one of them is given up ten hours ahead."""
    service = studio.offer("workshop", SEAT, max_participants=10)
    soon = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=10, minutes=30)
    session = studio.gather(service, soon)
    for client, amount_cents in ((studio.dan, SEAT), (studio.eli, MIXED_CREDITS)):
        grant = {"user_id": str(client.id), "amount_cents": amount_cents, "reason": "welcome"}
        studio.admin.post("/credits/grants", grant)
    what = {"service_id": service["id"], "session_id": session["id"]}
    by_card = studio.cleo.calls.post("/checkout", what | {"payment_method_id": "pm_card_visa"})
    by_credits = studio.dan.calls.post("/checkout", what | {"apply_credits": True})
    by_both = studio.eli.calls.post(
        "/checkout", what | {"apply_credits": True, "payment_method_id": "pm_card_visa"}
    )
    teller.step(
        "12. A workshop for three: by card, by credits, by both",
        money("Cleo's card", by_card["payment"]["amount_cents"], SEAT),
        money("Dan's credits", by_credits["order"]["credits_applied_cents"], SEAT),
        fact("Dan's payment", by_credits["payment"], None),
        money("Eli's credits", by_both["order"]["credits_applied_cents"], MIXED_CREDITS),
        money("Eli's card", by_both["payment"]["amount_cents"], SEAT - MIXED_CREDITS),
    )
    canceled = studio.eli.calls.post(f"/bookings/{by_both['bookings'][0]['id']}/cancel", {})
    refund = canceled["refund"]
    teller.step(
        "13. Eli cancels ten hours before: half of it comes back",
        money("refunded", refund["refund_value_cents"], SEAT // 2),
        money("- to credits", refund["credits_cents"], 1_000),
        money("- to the card", refund["card_cents"], 1_250),
        money("forfeited", refund["forfeited_cents"], 2_250),
    )
    return session


def _join_course(studio: Studio, teller: Teller) -> None:
    service = studio.offer("course", COURSE, max_participants=6)
    for number in range(1, CLASSES + 1):
        studio.gather(service, studio.today + number * DAY + timedelta(hours=18))
    what = {"service_id": service["id"], "payment_method_id": "pm_card_visa"}
    bought = [client.calls.post("/checkout", what) for client in (studio.cleo, studio.dan)]
    teller.step(
        "14. A course of eight classes, and two who join",
        fact("seats of each", [len(each["bookings"]) for each in bought], [CLASSES, CLASSES]),
        money("value of each seat", bought[0]["bookings"][0]["session_value_cents"], COURSE // CLASSES),
    )


def _use_bundle(studio: Studio, teller: Teller, single: Any) -> None:
    """Ten sessions bought at once; two get a time, and one of these another."""
    service = studio.offer("bundle", BUNDLE, bundled_service_id=single["id"], session_count=10)
    what = {"service_id": service["id"], "payment_method_id": "pm_card_visa"}
    bookings = studio.eli.calls.post("/checkout", what)["bookings"]
    free = _free(studio, single)
    seats = [
        studio.eli.calls.post(f"/bookings/{booking['id']}/schedule", {"start_time": at})
        for booking, at in zip(bookings[:2], free[:2], strict=True)
    ]
    moved = studio.practitioner.post(
        f"/sessions/{seats[1]['service_session']['id']}/reschedule", {"start_time": free[7]}
    )
    teller.step(
        "15. A bundle of ten: two get a time, and Ben moves one of them",
        fact("seats to be scheduled", [b["status"] for b in bookings].count("draft"), 10),
        money("value of each", bookings[0]["session_value_cents"], BUNDLED),
        fact("the first", seats[0]["start_time"], free[0]),
        fact("the second, moved", moved["start_time"], free[7]),
        fact("start times left on that day", _hours(_free(studio, single)), _hours(free[1:7])),
    )


def _hours(starts: list[str]) -> str:
    """Hours of the UTC day: 09 10 11."""
    return " ".join(start[11:13] for start in starts)


def _look_ahead(studio: Studio, teller: Teller) -> None:
    items = studio.calendar()
    kinds = [item["session_type"] for item in items]
    teller.step(
        "16. The week ahead",
        fact("workshops", kinds.count("workshop"), 1),
        fact("classes", kinds.count("course_session"), CLASSES),
        fact("one to one", kinds.count("individual"), 2),
        fact("seats taken", sum(item["attendee_count"] for item in items), 2 + 2 * CLASSES + 2),
    )
    rows = ((item["start_time"], item["title"], item["attendee_count"]) for item in items)
    teller.table("Ben's calendar", ("start", "session", "seats"), rows, numbers=1)


def _pass_the_week(studio: Studio, teller: Teller, workshop: Any) -> None:
    """Everything takes place; then it turns out that Dan missed the workshop."""
    over = studio.today + 9 * DAY
    report = studio.installation.run_json("sweep", "--at", rfc3339(over))
    delivered = [item["status"] for item in studio.calendar()].count("completed")
    missed = {"attendance": "no_show", "reason": "never came"}
    sheet = studio.practitioner.put(f"/sessions/{workshop['id']}/attendance/{studio.dan.id}", missed)
    later = studio.installation.run_json("sweep", "--at", rfc3339(over + 2 * DAY))
    earnings = studio.practitioner.get("/earnings?limit=100")["items"]
    earned = [row for row in earnings if row["status"] == "available"]
    summary = studio.practitioner.get("/earnings/summary")
    teller.step(
        f"17. The week passes (estuary sweep --at {rfc3339(over)})",
        fact("items that could not be moved", len(report["failures"]) + len(later["failures"]), 0),
        fact("sessions completed", delivered, 1 + CLASSES + 2),
        fact("Dan missed the workshop", sheet["no_shows"] == [str(studio.dan.id)], True),
        money("earned", sum(row["gross_amount_cents"] for row in earned), EARNED),
        money("- commission of 15 %", sum(row["commission_amount_cents"] for row in earned), COMMISSION),
        money("available after the hold", summary["available_cents"], NET),
        money("taken back for Dan and Eli", summary["reversed_cents"], 2 * SEAT_NET),
    )


def _pay_out(studio: Studio, teller: Teller) -> None:
    payout = studio.practitioner.post("/payouts", {})
    summary = studio.practitioner.get("/earnings/summary")
    teller.step(
        "18. Ben is paid out",
        money("payout", payout["amount_cents"], NET),
        fact("the transfer", payout["status"], "paid"),
        money("paid so far", summary["paid_cents"], NET),
        money("still owed", summary["balance_cents"], 0),
    )
    names = ("projected", "pending", "available", "paid", "reversed", "balance")
    rows = ((name, format_cents(summary[f"{name}_cents"], teller.currency)) for name in names)
    teller.table("Ben's earnings", ("status", "net"), rows, numbers=1)
