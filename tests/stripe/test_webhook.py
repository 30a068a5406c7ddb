"""Who may tell us what: signatures, their time, and events that are nothing to apply."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from adapters.stripe.webhook import SIGNATURE, StripeWebhooks, moves_real_money
from core.domain.inbox import Subject
from ports.webhooks import NotAuthentic
from tests.servers.stripe.webhooks import signature

SECRET: Final = "whsec_a_secret_of_this_test"
OTHER: Final = "whsec_another_secret"
NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AT: Final = int(NOW.timestamp())
OURS: Final = UUID("01890000-0000-7000-8000-000000000001")

reader = StripeWebhooks(secrets=(SECRET,), livemode=False)


def event(event_type: str = "payment_intent.succeeded", **about: Any) -> dict[str, Any]:
    fields = {"id": "pi_1", "object": "payment_intent", "metadata": {"payment_id": str(OURS)}}
    return {"id": "evt_1", "type": event_type, "livemode": False, "data": {"object": fields | about}}


def body(told: Mapping[str, Any] | None = None) -> bytes:
    return json.dumps(told or event()).encode()


def read(payload: bytes, header: str | None, *, by: StripeWebhooks = reader) -> Any:
    headers = {} if header is None else {SIGNATURE: header}
    return by.read(payload, headers, now=NOW)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_an_event_signed_within_the_window_is_read(seconds: int) -> None:
    notice = read(body(), signature(body(), SECRET, at=AT + seconds))

    assert ("stripe", "evt_1", "payment_intent.succeeded", "pi_1", Subject.PAYMENT, OURS, None, None) == (
        notice.provider,
        notice.event_id,
        notice.event_type,
        notice.object_id,
        notice.subject,
        notice.subject_id,
        notice.parked,
        notice.ignored,
    )


def _tail(header: str) -> str:
    return header.partition(",")[2]


FORGED: Final[dict[str, tuple[bytes, str | None]]] = {
    "no header": (body(), None),
    "an empty header": (body(), ""),
    "no signature": (body(), f"t={AT}"),
    "no time": (body(), _tail(signature(body(), SECRET, at=AT))),
    "two times": (body(), f"t={AT}," + signature(body(), SECRET, at=AT)),
    "a time that is no number": (body(), f"t=now,{_tail(signature(body(), SECRET, at=AT))}"),
    "a negative time": (body(), signature(body(), SECRET, at=-AT)),
    "a time without end": (body(), f"t={'9' * 5000},v1=00"),
    "a time in another script": (body(), f"t=١٢٣,v1={'0' * 64}"),
    "an older scheme": (body(), signature(body(), SECRET, at=AT).replace("v1", "v0")),
    "another secret": (body(), signature(body(), OTHER, at=AT)),
    "an old signature": (body(), signature(body(), SECRET, at=AT - 301)),
    "a signature from the future": (body(), signature(body(), SECRET, at=AT + 301)),
    "a signature from next year": (body(), signature(body(), SECRET, at=AT + 31_536_000)),
    "a changed time": (body(), f"t={AT + 1},{_tail(signature(body(), SECRET, at=AT))}"),
    "a changed body": (body().replace(b"pi_1", b"pi_2"), signature(body(), SECRET, at=AT)),
    "a longer body": (body() + b" ", signature(body(), SECRET, at=AT)),
    "a signature outside ASCII": (body(), f"t={AT},v1=é"),
}


@pytest.mark.parametrize("what", FORGED)
def test_what_is_not_proved_is_refused(what: str) -> None:
    payload, header = FORGED[what]
    with pytest.raises(NotAuthentic):
        read(payload, header)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"id":"evt_1","type":"t","data":7}',
        b'{"id":7,"type":"t","data":{"object":{}}}',
        b'{"id":"evt\\u0000","type":"t","data":{"object":{}}}',
        b'{"id":"' + b"e" * 256 + b'","type":"t","data":{"object":{}}}',
        b" " * 1_000_001,
    ],
    ids=range(11),
)
def test_a_signed_body_that_is_no_event_is_refused(payload: bytes) -> None:
    with pytest.raises(NotAuthentic):
        read(payload, signature(payload, SECRET, at=AT))


def test_either_secret_is_good_while_they_are_changed() -> None:
    both = StripeWebhooks(secrets=(OTHER, SECRET), livemode=False)
    told = [read(body(), signature(body(), secret, at=AT), by=both) for secret in (SECRET, OTHER)]
    of_two = signature(body(), OTHER, at=AT) + "," + _tail(signature(body(), SECRET, at=AT))

    assert told[0] == told[1] == read(body(), of_two)


def test_without_a_secret_nothing_is_proved() -> None:
    with pytest.raises(NotAuthentic):
        read(body(), signature(body(), "", at=AT), by=StripeWebhooks(secrets=(), livemode=False))


@pytest.mark.parametrize(
    ("told", "parked", "ignored"),
    [
        (event("charge.dispute.created", object="dispute", metadata={}), None, None),
        (event("account.updated", object="account", id="acct_1"), None, None),
        (
            event("account.external_account.deleted", object="bank_account"),
            "what an account's owner did with their account is not kept",
            None,
        ),
        (event(metadata={}), "it names nothing of ours", None),
        (event(metadata={"payment_id": "7"}), "it names nothing of ours", None),
        (event(metadata=None), "it names nothing of ours", None),
        (event(object="refund"), "it names nothing of ours", None),
        (event() | {"livemode": True}, "it is of the other mode, test or live", None),
        (event("payment_intent.created"), None, "other events tell what follows from it"),
        (event("customer.created", object="customer"), None, "other events tell what follows from it"),
    ],
)
def test_what_is_nothing_to_apply_says_why(
    told: dict[str, Any], parked: str | None, ignored: str | None
) -> None:
    notice = read(body(told), signature(body(told), SECRET, at=AT))

    assert (parked, ignored) == (notice.parked, notice.ignored)


@pytest.mark.parametrize(
    ("event_type", "kind", "name", "subject"),
    [
        ("refund.updated", "refund", "refund_id", Subject.REFUND),
        ("charge.refund.updated", "refund", "refund_id", Subject.REFUND),
        ("transfer.reversed", "transfer", "payout_id", Subject.PAYOUT),
    ],
)
def test_events_name_what_of_ours_they_are_about(
    event_type: str, kind: str, name: str, subject: Subject
) -> None:
    told = body(event(event_type, object=kind, metadata={name: str(OURS)}))
    notice = read(told, signature(told, SECRET, at=AT))

    assert (subject, OURS, None) == (notice.subject, notice.subject_id, notice.parked)


def test_keys_tell_whether_they_move_real_money() -> None:
    keys = ("sk_live_1", "rk_live_1", "sk_test_1", "rk_test_1", "")
    assert [True, True, False, False, False] == [moves_real_money(key) for key in keys]


def test_the_window_does_not_depend_on_parts_of_a_second() -> None:
    late = NOW + timedelta(seconds=300, milliseconds=999)
    header = {SIGNATURE: signature(body(), SECRET, at=AT)}
    assert "evt_1" == reader.read(body(), header, now=late).event_id
