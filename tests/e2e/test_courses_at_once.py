"""Real buyers at once, of things that are not short: nobody is turned away without a reason."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from adapters.cli.demo.server import Installation, RunningServer
from tests.e2e.shop import Shop, in_days, opened, token

BUYERS = 64


def offered_course(shop: Shop, server: RunningServer) -> tuple[str, list[str]]:
    """A course of three classes by a practitioner of its own, with seats enough for half of the buyers."""
    owner = str(uuid4())
    shop.tokens[owner] = token(shop.installation, owner, "practitioner")
    teacher = shop.caller(server, owner)
    teacher.put(f"/practitioners/{owner}", {"display_name": "Noor", "timezone": "Europe/Madrid"})
    course = teacher.post(
        "/services",
        {
            "service_type": "course",
            "name": "Three evenings",
            "price_cents": 50000,
            "duration_minutes": 60,
            "max_participants": BUYERS // 2,
        },
    )
    classes = [
        teacher.post(f"/services/{course['id']}/sessions", {"start_time": in_days(days)})["id"]
        for days in (7, 14, 21)
    ]
    return course["id"], classes


def test_two_courses_that_share_nothing_are_sold_to_all_who_come_at_once(installation: Installation) -> None:
    server = installation.start()
    try:
        shop = opened(installation, server)
        courses = [offered_course(shop, server) for _ in range(2)]
        people = {f"buyer{n}": token(installation, str(uuid4()), "client") for n in range(BUYERS)}
        shop.tokens.update(people)

        def buy(number: int) -> str:
            course, _ = courses[number % 2]
            body = {"service_id": course, "payment_method_id": "pm_card_visa"}
            answer = shop.post("/checkout", body, who=f"buyer{number}")
            return "sold" if answer.status_code == 201 else answer.text

        with ThreadPoolExecutor(BUYERS) as pool:
            answers = Counter(pool.map(buy, range(BUYERS)))

        assert Counter({"sold": BUYERS}) == answers
        ana = shop.caller(server, "practitioner")
        for _, classes in courses:
            taken = [ana.get(f"/sessions/{session}")["current_participants"] for session in classes]
            assert [BUYERS // 2] * 3 == taken
        assert [] == installation.run_json("ledger", "check")["violations"]
    finally:
        server.stop()


def test_who_comes_into_the_buffer_of_another_at_once_is_told_so(installation: Installation) -> None:
    server = installation.start()
    try:
        shop = opened(installation, server)
        day = [{"weekday": weekday, "start": "00:00", "end": "24:00"} for weekday in range(7)]
        shop.caller(server, "practitioner").put(
            f"/practitioners/{shop.ids['practitioner']}/availability",
            {"timezone": "UTC", "weekly": day, "buffer_minutes": 30, "min_notice_minutes": 0},
        )

        def buy(number: int) -> tuple[int, str]:
            body = {
                "service_id": shop.session_id,
                "payment_method_id": "pm_card_visa",
                "start_time": in_days(5, minutes=75 * (number % 2)),
            }
            answer = shop.post("/checkout", body, who=("client", "rival")[number % 2])
            return number % 2, "sold" if answer.status_code == 201 else answer.json()["code"]

        with ThreadPoolExecutor(10) as pool:
            answers = Counter(pool.map(buy, range(10)))

        (first,) = (time for time, code in answers if code == "sold")
        expected = {(first, "sold"): 1, (first, "session_overlap"): 4, (1 - first, "outside_availability"): 5}
        assert Counter(expected) == answers
        assert [] == installation.run_json("ledger", "check")["violations"]
    finally:
        server.stop()
