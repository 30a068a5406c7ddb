"""A record of every kind with every field filled, and its next version with every field changed that may."""

from adapters.memory.testing import contacts
from adapters.memory.testing import examples_of_money as money
from adapters.memory.testing import examples_of_notices as notices
from adapters.memory.testing import examples_of_outbox as outbox
from adapters.memory.testing import examples_of_sales as sales
from adapters.memory.testing.example import Example
from adapters.memory.testing.examples_of_runs import run
from adapters.memory.testing.subscriptions import subscription


def examples() -> dict[str, Example]:
    """One example of each kind of record, by the kind's name."""
    catalogue = (sales.practitioner, sales.service, sales.session)
    bought = (sales.order, sales.booking, money.payment, money.refund, money.dispute)
    owed = (money.earnings, money.payout, money.idempotency)
    told = (outbox.event, outbox.dispatch, contacts.contact, notices.inbox, subscription, run)
    return {maker.__name__: maker() for maker in (*catalogue, *bought, *owed, sales.waitlist, *told)}
