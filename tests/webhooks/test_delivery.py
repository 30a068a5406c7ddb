"""What an integrator's server gets, and what comes of its answers."""

import json
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from standardwebhooks.webhooks import WebhookVerificationError

from adapters.memory.clock import MovableClock
from core.domain.events import EventType
from core.domain.ids import EventId
from core.domain.outbox import MAX_ATTEMPTS
from core.domain.statuses import DispatchStatus
from core.domain.subscriptions import PING, SubscriptionDisabled, SubscriptionStatus
from core.usecases.dispatch import DispatchReport
from core.usecases.webhooks import (
    change_subscription,
    redeliver,
    rotate_secret,
    send_ping,
    unsubscribe,
)
from tests.builders import make_event, new_id
from tests.usecases.world import World
from tests.webhooks.receiver import SECRET, Post, listening, status

OTHER = "whsec_" + "b3RoZXIh" * 4
HOURS = timedelta(hours=7)


@pytest.fixture
def post() -> Post:
    """Its clock shows the machine's time at first, because the library looks at it."""
    return Post(world=World(clock=MovableClock(datetime.now(UTC))))


async def test_an_event_is_posted_as_signed_json(post: Post) -> None:
    event = make_event(payload={"user_id": "u", "amount_cents": 2**40, "reason": None, "name": "Zoë"})
    async with listening() as receiver:
        await post.subscribed(receiver.url)
        await post.happened(event)

        report = await post.send()

    assert DispatchReport(sent=1) == report
    (got,) = receiver.received
    assert "POST /hook?from=estuary HTTP/1.1" == got.line
    assert f"localhost:{receiver.port}" == got.headers["host"]
    assert "application/json" == got.headers["content-type"]
    assert str(event.id) == got.headers["webhook-id"]
    assert {
        "id": str(event.id),
        "type": "order.paid",
        "occurred_at": event.occurred_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": dict(event.payload),
    } == got.signed_by(SECRET)
    with pytest.raises(WebhookVerificationError):
        got.signed_by(OTHER)
    with pytest.raises(WebhookVerificationError):
        evolve(got, body=got.body.replace(b"order.paid", b"order.free")).signed_by(SECRET)


async def test_each_subscription_is_told_of_what_it_wants(post: Post) -> None:
    ana, bea = await post.world.seller(), await post.world.seller()
    async with listening() as receiver:
        everything = await post.subscribed(receiver.url)
        hers = await post.subscribed(receiver.url, ana)
        chosen = await post.subscribed(receiver.url)
        await post.subscribed(receiver.url, bea)
        types = {"event_types": (EventType.PAYOUT_PAID,)}
        await change_subscription(chosen.id, types, actor=post.admin(), ports=post.ports)

        named = {"practitioner_id": str(ana.user_id)}
        await post.happened(make_event(type=EventType.BOOKING_CONFIRMED, payload=named))
        await post.happened(make_event(type=EventType.PAYOUT_PAID, payload=named))
        await post.happened(make_event(type=EventType.ORDER_PAID))

    told = [(one.event_type, one.recipient) for one in await post.dispatches()]
    assert sorted(
        [
            ("booking.confirmed", str(everything.id)),
            ("booking.confirmed", str(hers.id)),
            ("payout.paid", str(everything.id)),
            ("payout.paid", str(hers.id)),
            ("payout.paid", str(chosen.id)),
            ("order.paid", str(everything.id)),
        ]
    ) == sorted(told)


async def test_a_failed_delivery_is_repeated_with_the_same_id_and_text(post: Post) -> None:
    async with listening() as receiver:
        receiver.answers = [status(500), status(404), None]
        await post.subscribed(receiver.url)
        await post.happened(make_event())
        quick = Post(world=post.world, timeout_seconds=0.2)

        for _ in range(4):
            await quick.send()
            post.world.clock.advance(HOURS)

    assert 4 == len(receiver.received)
    assert 1 == len({got.body for got in receiver.received})
    assert 1 == len({got.headers["webhook-id"] for got in receiver.received})
    assert 4 == len({got.headers["webhook-timestamp"] for got in receiver.received})
    (one,) = await post.dispatches()
    assert (DispatchStatus.SENT, 4, None) == (one.status, one.attempts, one.last_error)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(500), "the receiver answered 500"),
        (status(429), "the receiver answered 429"),
        (status(400), "the receiver answered 400"),
        (
            status(302, "location: http://127.0.0.1/"),
            "the receiver answered 302; redirects are not followed",
        ),
        (b"nonsense\r\n\r\n", "not delivered: RemoteProtocolError"),
        (b"", "not delivered: RemoteProtocolError"),
        (None, "no answer within 0.2 s"),
    ],
)
async def test_what_was_not_taken_waits_for_its_next_attempt(answer: bytes | None, said: str) -> None:
    post = Post(timeout_seconds=0.2)
    async with listening() as receiver:
        receiver.answers = [answer]
        await post.subscribed(receiver.url)
        await post.happened(make_event())

        report = await post.send()

    assert DispatchReport(put_off=1) == report
    (one,) = await post.dispatches()
    assert (DispatchStatus.WAITING, 1, said) == (one.status, one.attempts, one.last_error)
    assert one.next_attempt_at > post.world.clock.now()
    assert 1 == receiver.connections


async def test_nobody_listening_is_a_failure_like_others(post: Post) -> None:
    async with listening() as receiver:
        await post.subscribed(receiver.url)
    await post.happened(make_event())

    await post.send()

    (one,) = await post.dispatches()
    assert (DispatchStatus.WAITING, "not delivered: ConnectError") == (one.status, one.last_error)


@pytest.mark.parametrize("code", [429, 503])
async def test_a_receiver_is_left_alone_for_as_long_as_it_asks(post: Post, code: int) -> None:
    at = post.world.clock.now()
    later = (at + timedelta(hours=3)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    async with listening() as receiver:
        receiver.answers = [status(code, "Retry-After: 7200"), status(code, f"Retry-After: {later}")]
        await post.subscribed(receiver.url)
        await post.happened(make_event())
        await post.send()
        (first,) = await post.dispatches()
        post.world.clock.advance(timedelta(hours=2))
        await post.send()

    (second,) = await post.dispatches()
    assert at + timedelta(hours=2) == first.next_attempt_at
    assert timedelta(hours=3) - timedelta(seconds=2) <= second.next_attempt_at - at <= timedelta(hours=3)


async def test_an_endless_answer_is_read_to_a_limit(post: Post) -> None:
    endless = b"HTTP/1.1 200 OK\r\ncontent-length: 900000000\r\n\r\n" + b"x" * 200_000
    async with listening() as receiver:
        receiver.answers = [endless]
        await post.subscribed(receiver.url)
        await post.happened(make_event())

        assert DispatchReport(sent=1) == await post.send()


async def test_a_receiver_that_is_gone_is_left_alone(post: Post) -> None:
    async with listening() as receiver:
        receiver.answers = [status(410)]
        subscription = await post.subscribed(receiver.url)
        await post.happened(make_event())
        report = await post.send()
        await post.happened(make_event())

    assert DispatchReport(dropped=1) == report
    after = await post.world.store.subscription(subscription.id)
    assert after is not None
    assert (SubscriptionStatus.DISABLED, "the receiver answered 410 Gone") == (
        after.status,
        after.disabled_reason,
    )
    (one,) = await post.dispatches()
    assert DispatchStatus.DROPPED is one.status


async def test_ten_failures_park_a_delivery_and_its_owner_has_it_sent_again(post: Post) -> None:
    async with listening() as receiver:
        receiver.answers = [status(500)] * MAX_ATTEMPTS
        admin = post.admin()
        subscription = await post.subscribed(receiver.url, admin)
        await post.happened(make_event())
        for _ in range(MAX_ATTEMPTS + 3):
            await post.send()
            post.world.clock.advance(HOURS)
        (parked,) = await post.dispatches()

        again = await redeliver(subscription.id, parked.id, actor=admin, ports=post.ports)
        await post.send()
        once_more = await redeliver(subscription.id, parked.id, actor=admin, ports=post.ports)
        await post.send()

    assert (DispatchStatus.PARKED, MAX_ATTEMPTS) == (parked.status, parked.attempts)
    assert (DispatchStatus.WAITING, 0) == (again.status, again.attempts)
    assert (DispatchStatus.WAITING, None) == (once_more.status, once_more.sent_at)
    assert MAX_ATTEMPTS + 2 == len(receiver.received)
    assert 1 == len({got.headers["webhook-id"] for got in receiver.received})


async def test_both_secrets_sign_until_the_overlap_has_passed(post: Post) -> None:
    overlap = timedelta(hours=post.world.rules.webhook_secret_overlap_hours)
    async with listening() as receiver:
        admin = post.admin()
        subscription = await post.subscribed(receiver.url, admin)
        await rotate_secret(subscription.id, OTHER, actor=admin, ports=post.ports)
        await post.happened(make_event())
        await post.send()
        post.world.clock.advance(overlap)
        await post.happened(make_event())
        await post.send()

    during, after = receiver.received
    assert during.signed_by(SECRET) == during.signed_by(OTHER)
    assert [2, 1] == [len(got.headers["webhook-signature"].split()) for got in (during, after)]


async def test_a_ping_goes_to_its_subscription_alone(post: Post) -> None:
    async with listening() as receiver:
        admin = post.admin()
        subscription = await post.subscribed(receiver.url, admin)
        await post.subscribed(receiver.url, admin)

        sent = await send_ping(subscription.id, actor=admin, ports=post.ports)
        report = await post.send()

    assert DispatchReport(sent=1) == report
    (got,) = receiver.received
    message = json.loads(got.body)
    assert (str(sent.event_id), PING, {"subscription_id": str(subscription.id)}) == (
        message["id"],
        message["type"],
        message["data"],
    )


async def test_nothing_is_sent_to_a_subscription_that_is_disabled_or_deleted(post: Post) -> None:
    async with listening() as receiver:
        admin = post.admin()
        off, gone = [await post.subscribed(receiver.url, admin) for _ in range(2)]
        await post.happened(make_event())
        disabled = {"status": SubscriptionStatus.DISABLED}
        await change_subscription(off.id, disabled, actor=admin, ports=post.ports)
        await unsubscribe(gone.id, actor=admin, ports=post.ports)

        report = await post.send()
        with pytest.raises(SubscriptionDisabled):
            await send_ping(off.id, actor=admin, ports=post.ports)

    assert (DispatchReport(dropped=2), 0) == (report, receiver.connections)
    kept = await post.world.store.subscription(gone.id)
    assert kept is not None
    assert ("", "") == (kept.secret, kept.url)


async def test_one_that_was_sent_but_not_noted_comes_again_with_its_id(post: Post) -> None:
    event = make_event(id=EventId(new_id()))
    async with listening() as receiver:
        await post.subscribed(receiver.url)
        await post.happened(event)
        (planned,) = await post.dispatches()
        await post.sender.send(planned)

        # The worker died here: the claim expires, and another one sends.
        await post.send()

    assert [str(event.id)] * 2 == [got.headers["webhook-id"] for got in receiver.received]


async def test_no_secret_shows_where_records_are_printed(post: Post) -> None:
    async with listening() as receiver:
        subscription = await post.subscribed(receiver.url)
    rotated = evolve(subscription, previous_secret=OTHER)

    assert SECRET not in repr(rotated)
    assert OTHER not in repr(rotated)


def certificate_for(name: str, folder: Path) -> Path:
    """A certificate of its own making, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.mark.parametrize(
    ("name", "is_trusted", "came"),
    [("localhost", True, 1), ("elsewhere.example.org", True, 0), ("localhost", False, 0)],
)
async def test_a_receiver_must_prove_its_name(tmp_path: Path, name: str, is_trusted: bool, came: int) -> None:
    file = certificate_for(name, tmp_path)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(file)
    ours = ssl.create_default_context(cafile=file) if is_trusted else None
    post = Post(tls=ours)
    async with listening(theirs) as receiver:
        await post.subscribed(receiver.url)
        await post.happened(make_event())
        await post.send()

    assert came == len(receiver.received)
    (one,) = await post.dispatches()
    assert (None if came else "not delivered: ConnectError") == one.last_error
