"""LiveKit's webhooks: what they do to a session, and what one without proof does: nothing."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from attrs import evolve
from google.protobuf.json_format import MessageToJson
from livekit.api import TokenVerifier, WebhookReceiver

from adapters.livekit.names import ROOM
from adapters.livekit.webhooks import LiveKitWebhooks
from core.domain.bookings import Attendance
from core.domain.statuses import SessionStatus
from ports.rooms import RoomReport, Unproven
from tests.builders import NOW
from tests.http.market import SECRET as OUR_SECRET
from tests.http.market import User, absent, client_of, new_app
from tests.livekit.live import Live, open_live
from tests.servers.livekit import KEY, SECRET, Webhook
from tests.servers.livekit.server import ANY_TIME, signed

ATTENDED, NO_SHOW = Attendance.ATTENDED, Attendance.NO_SHOW
READER = LiveKitWebhooks(keys=((KEY, SECRET),))


async def test_a_session_lives_by_its_room() -> None:
    eva = User()
    async with open_live(eva) as live:
        live.go_to(-3)
        await live.enter(live.market.ana)
        live.go_to(1)
        await live.enter(live.market.bea)
        await live.deliver(live.server.webhooks)
        assert SessionStatus.IN_PROGRESS is (await live.session()).status
        live.go_to(58)
        live.server.finish(live.room)
        await live.deliver(live.server.webhooks[3:])

        assert SessionStatus.COMPLETED is (await live.session()).status
        assert {live.market.bea.id: ATTENDED, eva.id: NO_SHOW} == await live.attendance()
        assert 6800 == await live.owed()


async def test_a_webhook_that_comes_again_changes_nothing(live: Live) -> None:
    live.go_to(0)
    await live.enter(live.market.ana)
    await live.deliver(live.server.webhooks)
    session, events = await live.session(), await live.room_events()

    await live.deliver(live.server.webhooks * 3)

    assert (session, events) == (await live.session(), await live.room_events())
    assert 2 == len(events)


async def test_five_events_in_any_order_make_one_end() -> None:
    ends = set()
    for order in permutations(range(5)):
        async with open_live() as live:
            live.go_to(1)
            await live.enter(live.market.ana)
            await live.enter(live.market.bea)
            live.go_to(2)
            live.server.leave(live.room, str(live.market.bea.id))
            live.server.leave(live.room, str(live.market.ana.id))
            told = live.server.webhooks
            assert 5 == len(told)
            await live.deliver(told[number] for number in order)
            live.go_to(60)
            await live.sweep()
            found = await live.session()
            ends.add((found.status, found.actual_start_time, *(await live.attendance()).values()))
            assert 6800 == await live.owed()

    assert {(SessionStatus.COMPLETED, NOW + timedelta(days=1, minutes=1), ATTENDED)} == ends


def reworded(webhook: Webhook, **changes: Any) -> Webhook:
    """The same event, signed by LiveKit's key with other claims."""
    return signed(webhook.body, at=NOW + timedelta(days=1), **changes)


SECOND = int((NOW + timedelta(days=1)).timestamp())
FLAWS: dict[str, Any] = {
    "no token": lambda told: evolve(told, authorization=""),
    "no JWT": lambda told: evolve(told, authorization="Bearer of bad news"),
    "as if for people": lambda told: evolve(told, authorization=f"Bearer {told.authorization}"),
    "an endless token": lambda told: evolve(told, authorization="a" * 9000),
    "another secret": lambda told: reworded(told, secret=OUR_SECRET),
    "another key": lambda told: reworded(told, iss="APIsomebodyelse"),
    "no issuer": lambda told: reworded(told, iss=None),
    "no end": lambda told: reworded(told, exp=None),
    "a strange end": lambda told: reworded(told, exp="tomorrow"),
    "an end that is no number": lambda told: reworded(told, exp=float("nan")),
    "over": lambda told: reworded(told, exp=SECOND - 60),
    "not yet": lambda told: reworded(told, nbf=SECOND + 61),
    "no digest": lambda told: reworded(told, sha256=None),
    "an empty digest": lambda told: reworded(told, sha256=""),
    "a strange digest": lambda told: reworded(told, sha256="?"),
    "a digest that is no text": lambda told: reworded(told, sha256=7),
    "another body": lambda told: evolve(told, body=told.body + b" "),
    "another event": lambda told: evolve(told, body=told.body.replace(b"joined", b"left")),
    "no body": lambda told: evolve(told, body=b""),
    "signed nonsense": lambda _: signed(b"[]", at=NOW + timedelta(days=1)),
    "signed noise": lambda _: signed(b"\xff\xfe", at=NOW + timedelta(days=1)),
    "a signed list of lists": lambda _: signed(b'{"room":' * 5000, at=NOW + timedelta(days=1)),
}


@pytest.mark.parametrize("flaw", FLAWS)
async def test_without_proof_nothing_changes(live: Live, flaw: str) -> None:
    live.go_to(0)
    await live.enter(live.market.ana)
    session = await live.session()

    answer = await live.post(FLAWS[flaw](live.server.webhooks[-1]))

    assert (401, "unauthorized") == (answer.status_code, answer.json()["code"])
    assert (session, []) == (await live.session(), await live.room_events())


@pytest.mark.parametrize("seconds", [-3600, -301, 301, 3600])
async def test_an_old_event_or_one_from_the_future_changes_nothing(live: Live, seconds: int) -> None:
    live.go_to(0)
    told = live.server.event("room_started", live.room, created_at=SECOND + seconds)

    answer = await live.post(signed(MessageToJson(told).encode(), at=live.market.clock.now()))

    assert (401, []) == (answer.status_code, await live.room_events())


@pytest.mark.parametrize("seconds", [-300, 0, 300])
async def test_an_event_of_the_last_minutes_counts(live: Live, seconds: int) -> None:
    live.go_to(0)
    told = live.server.event("room_started", live.room, created_at=SECOND + seconds)

    await live.deliver([signed(MessageToJson(told).encode(), at=live.market.clock.now())])

    (kept,) = await live.room_events()
    assert (told.id, SECOND + seconds) == (kept.id, int(kept.occurred_at.timestamp()))


async def test_a_webhook_that_was_caught_on_its_way_is_worth_nothing_later(live: Live) -> None:
    live.go_to(0)
    await live.enter(live.market.ana)
    live.go_to(6)

    answer = await live.post(live.server.webhooks[0])

    assert (401, []) == (answer.status_code, await live.room_events())


@pytest.mark.parametrize(
    "ignored",
    [
        {"name": "track_published"},
        {"name": "egress_started"},
        {"name": ""},
        {"room": "somebody-elses"},
        {"room": ""},
        {"room": f"{ROOM}{absent()}"},
        {"room": f"{ROOM}12"},
        {"id": ""},
        {"id": "E V"},
        {"id": "E" * 256},
    ],
)
async def test_what_does_not_concern_us_is_taken_and_ignored(live: Live, ignored: dict[str, str]) -> None:
    live.go_to(0)
    fields = {"name": "room_started", "room": live.room} | ignored
    told = live.server.event(fields.pop("name"), fields.pop("room"), **fields)

    await live.deliver([signed(MessageToJson(told).encode(), at=live.market.clock.now())])

    assert [] == await live.room_events()


async def test_fields_that_a_newer_livekit_sends_are_let_be(live: Live) -> None:
    live.go_to(0)
    told = MessageToJson(live.server.event("room_started", live.room)).replace("{", '{"mood": "fine",', 1)

    await live.deliver([signed(told.encode(), at=live.market.clock.now())])

    assert 1 == len(await live.room_events())


async def test_an_agent_is_nobodys_attendance(live: Live) -> None:
    live.go_to(0)
    await live.enter(live.market.ana)
    live.server.add_agent(live.room, str(live.market.bea.id))

    await live.deliver(live.server.webhooks)

    assert [None, live.market.ana.id, None] == [event.user_id for event in await live.room_events()]


async def test_a_body_calls_itself_a_webhook_and_has_a_megabyte_at_most(live: Live) -> None:
    live.go_to(0)
    await live.enter(live.market.ana)
    told = live.server.webhooks[0]

    as_json = await live.post(told, **{"content-type": "application/json"})
    huge = await live.post(signed(b" " * 1_048_577, at=live.market.clock.now()))
    padded = await live.post(signed(told.body + b" " * 1_000_000, at=live.market.clock.now()))

    assert [415, 413, 204] == [answer.status_code for answer in (as_json, huge, padded)]
    assert 1 == len(await live.room_events())


async def test_without_a_livekit_there_is_nobody_to_tell(live: Live) -> None:
    app = new_app(live.market.ports, live.market.gateway)
    async with client_of(app) as client:
        gone = await client.post("/api/v1/webhooks/livekit", content=b"{}")

    assert (404, "not_found") == (gone.status_code, gone.json()["code"])


async def test_a_rate_limit_does_not_silence_livekit(live: Live) -> None:
    app = new_app(live.market.ports, live.market.gateway, rate_limit_per_minute=1, room_events=READER.read)
    live.go_to(0)
    await live.enter(live.market.ana)
    async with client_of(app) as client:
        limited = evolve(live, market=evolve(live.market, app=app, client=client))
        await limited.deliver(live.server.webhooks * 2)

    assert 2 == len(await live.room_events())


NEW = ("APInewer", "the newer secret, of more than thirty-two bytes")


async def test_while_keys_are_rotated_either_may_sign_and_neither_for_the_other(live: Live) -> None:
    live.go_to(0)
    await live.enter(live.market.ana)
    told, now = live.server.webhooks[-1], live.market.clock.now()
    rotating = LiveKitWebhooks(keys=(NEW, (KEY, SECRET)))
    by_new = reworded(told, iss=NEW[0], secret=NEW[1])

    reports = [rotating.read(each.body, each.authorization, now) for each in (told, by_new)]

    assert reports[0] is not None
    assert reports[0] == reports[1]
    for forged in (
        reworded(told, secret=NEW[1]),
        reworded(told, iss=NEW[0]),
        reworded(told, secret=OUR_SECRET),
    ):
        with pytest.raises(Unproven):
            rotating.read(forged.body, forged.authorization, now)
    with pytest.raises(Unproven):
        LiveKitWebhooks(keys=(NEW,)).read(told.body, told.authorization, now)


async def test_what_the_library_accepts_is_read_alike(live: Live) -> None:
    live.go_to(0)
    await live.enter(live.market.bea)
    receiver = WebhookReceiver(TokenVerifier(KEY, SECRET, leeway=ANY_TIME))

    for webhook in live.server.webhooks:
        theirs = receiver.receive(webhook.body.decode(), webhook.authorization)
        ours = READER.read(webhook.body, webhook.authorization, live.market.clock.now())
        assert isinstance(ours, RoomReport)
        assert (theirs.id, theirs.event, theirs.participant.identity) == (
            ours.id,
            ours.kind,
            "" if ours.user_id is None else str(ours.user_id),
        )
