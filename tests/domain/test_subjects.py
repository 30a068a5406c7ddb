"""Whom rows are about: each field is told apart, what is theirs is found, what is said of them goes."""

from typing import Any

import attrs
import pytest
from attrs import evolve

from adapters.memory.testing.contacts import make_contact
from adapters.memory.testing.examples import examples
from adapters.memory.testing.subscriptions import make_subscription
from core.domain.catalogue import ServiceStatus
from core.domain.erasing import Person, erased
from core.domain.kinds import PARENTS_FIRST, Kind
from core.domain.ledger import PAYMENT_GATEWAY, user_chain, user_credit
from core.domain.rows import RECORDS
from core.domain.statuses import DispatchStatus
from core.domain.subjects import PERSONAL, PLAIN, READING_ORDER, SUBJECTS, Subject, without_secrets
from core.domain.subscriptions import SubscriptionStatus
from tests.builders import (
    NOW,
    make_dispatch,
    make_entries,
    make_event,
    make_idempotency,
    make_order,
    make_payment,
    make_posting,
    make_sale,
    new_user,
)


@pytest.mark.parametrize("kind", PARENTS_FIRST)
def test_each_field_is_plain_or_names_somebody_or_is_personal(kind: Kind) -> None:
    """A new field has to be told apart before it is released: here, and in `core.domain.subjects`."""
    plain = PLAIN.get(kind, "").split()
    told = [*plain, *SUBJECTS.get(kind, ()), *PERSONAL.get(kind, {})]

    assert sorted(field.name for field in attrs.fields(RECORDS[kind])) == sorted(told)


def test_every_kind_is_read() -> None:
    assert set(PARENTS_FIRST) == set(READING_ORDER)


@pytest.mark.parametrize("kind", PERSONAL)
def test_owners_are_fields_that_name_somebody(kind: Kind) -> None:
    owners = {personal.owner for personal in PERSONAL[kind].values() if personal.owner is not None}

    assert owners <= set(SUBJECTS[kind])


def test_a_customer_owns_what_they_bought_and_their_practitioner_does_not() -> None:
    sale = make_sale()
    payment = make_payment(sale.order)
    told = make_event(sale.booking.id)
    customer, practitioner = Subject(sale.order.user_id), Subject(sale.practitioner.id)

    rows = (sale.practitioner, sale.service, sale.order, sale.booking, sale.session, payment, told)

    assert [sale.order, sale.booking, sale.session, payment, told] == [r for r in rows if customer.owns(r)]
    assert [sale.practitioner, sale.service, sale.session] == [r for r in rows if practitioner.owns(r)]


def test_entries_events_keys_and_messages_that_name_somebody_are_theirs() -> None:
    user = new_user()
    (own,) = make_entries(
        user_chain(user, 0, ""), [make_posting(user_credit(user), 1), make_posting(PAYMENT_GATEWAY, -1)]
    )
    theirs = (
        own,
        make_event(payload={"user_id": str(user)}),
        make_dispatch(recipient=str(user)),
        make_idempotency(str(user)),
    )
    others = (make_event(), make_dispatch(), make_idempotency(str(new_user())), make_order())
    subject = Subject(user)

    assert list(theirs) == [row for row in (*others, *theirs) if subject.owns(row)]


def test_secrets_are_told_to_nobody() -> None:
    row = without_secrets(make_subscription(secret="whsec_x", previous_secret="whsec_y"))

    assert "whsec" not in str(attrs.asdict(row))


PERSON = Person(user_id=new_user(), names=("Zoë Quill", "zoe@example.org", "Zoë"))


def test_the_words_of_the_person_go_and_amounts_stay() -> None:
    order = make_order(user_id=PERSON.user_id, client_notes="my knee")

    after = erased(order, PERSON, now=NOW)

    assert evolve(order, client_notes="", version=2) == after
    assert erased(after, PERSON, now=NOW) is None


def test_a_name_goes_out_of_what_others_wrote() -> None:
    order = make_order(client_notes="With ZOË QUILL (zoe@example.org), not Zoëlle; Zoë's idea")

    after = erased(order, PERSON, now=NOW)

    assert isinstance(after, type(order))
    assert "With erased (erased), not Zoëlle; erased's idea" == after.client_notes
    assert erased(make_order(client_notes="nobody"), PERSON, now=NOW) is None


def test_a_practitioner_sells_no_more_and_is_named_nowhere() -> None:
    sale = make_sale()
    person = Person(user_id=sale.practitioner.id, names=(sale.practitioner.display_name,))
    after: list[Any] = [
        erased(row, person, now=NOW) for row in (sale.practitioner, sale.service, sale.booking)
    ]

    assert "erased" == after[0].display_name
    assert ("erased", ServiceStatus.ARCHIVED) == (after[1].name, after[1].status)
    assert "erased" == after[2].practitioner_name_snapshot
    assert sale.booking.client_notes == after[2].client_notes


def test_a_message_that_waits_is_dropped_and_empty() -> None:
    message = make_dispatch(recipient=str(PERSON.user_id), payload={"notification": "x"})

    after: Any = erased(message, PERSON, now=NOW)

    assert (DispatchStatus.DROPPED, {}) == (after.status, after.payload)
    assert erased(after, PERSON, now=NOW) is None


def test_contacts_answers_and_subscriptions_are_emptied() -> None:
    contact = make_contact(user_id=PERSON.user_id)
    answer = make_idempotency(str(PERSON.user_id), status_code=201, body='{"notes":"x"}')
    hook = make_subscription(owner_id=PERSON.user_id, description="Zoë's")
    after: list[Any] = [erased(row, PERSON, now=NOW) for row in (contact, answer, hook)]

    assert ("", None) == (after[0].email, after[0].display_name)
    assert (201, "{}") == (after[1].status_code, after[1].body)
    assert (SubscriptionStatus.DELETED, "", "") == (after[2].status, after[2].url, after[2].description)
    assert [None] * 3 == [erased(row, PERSON, now=NOW) for row in after]


@pytest.mark.parametrize("kind", examples())
def test_rows_of_others_are_left_alone(kind: str) -> None:
    row: Any = examples()[kind].first

    assert erased(row, Person(user_id=new_user(), names=("Xanthe",)), now=NOW) is None
