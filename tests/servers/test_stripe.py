"""The server that stands in for Stripe tells the truth, and would be caught if it did not."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import stripe

from tests.servers.stripe import Fault, StripeServer
from tests.servers.stripe.books import Books
from tests.servers.stripe.cards import attached
from tests.servers.stripe.description import Json, description
from tests.servers.stripe.forms import parsed, typed
from tests.servers.stripe.transfers import add_account

DAY = 24 * 3600
SECRET = "whsec_test"
GOOD = {"amount": 1_000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true"}
CARD = {"payment_method_types[0]": "card"}


@pytest.fixture
def client(stripe_server: StripeServer) -> Iterator[httpx.Client]:
    headers = {
        "Authorization": f"Bearer {stripe_server.api_key}",
        "Stripe-Version": description().version,
    }
    with httpx.Client(base_url=f"{stripe_server.url}/v1", headers=headers, trust_env=False) as made:
        yield made


def charge(client: httpx.Client, key: str | None = None, **form: Any) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/payment_intents", data=GOOD | CARD | form, headers=headers)


def error_of(answer: httpx.Response) -> Json:
    error: Json = answer.json()["error"]
    return error


# The description, and that it is taken at its word.


def test_an_answer_that_stripe_would_not_give_is_found() -> None:
    books = Books("none")
    good = add_account(books, "acct_1")
    method = attached(books, "pm_card_visa")

    assert [] == description().object_problems(good)
    assert [] == description().object_problems(method)
    assert description().object_problems(good | {"country": 1})
    assert description().object_problems(good | {"no_such_field": None})
    assert description().object_problems({name: method[name] for name in ("id", "object")})


def test_the_server_notes_its_own_defects(client: httpx.Client, stripe_server: StripeServer) -> None:
    stripe_server.add_account("acct_1")["country"] = 1
    client.get("/accounts/acct_1")

    assert stripe_server.defects
    stripe_server.defects.clear()


def test_null_is_allowed_where_the_description_says_so_and_nowhere_else() -> None:
    books = Books("none")
    method = attached(books, "pm_card_visa")

    assert [] == description().object_problems(method | {"customer": None})
    assert description().object_problems(method | {"type": None})


def test_a_form_is_read_in_the_types_that_are_described() -> None:
    operation = description().operation("POST", "/v1/payment_intents")
    assert operation is not None
    form = parsed("amount=100&confirm=true&metadata[a]=1&payment_method_types[0]=card&expand[]=customer")

    assert {
        "amount": 100,
        "confirm": True,
        "metadata": {"a": "1"},
        "payment_method_types": ["card"],
        "expand": ["customer"],
    } == typed(form, {"type": "object", **operation.parameters})


@pytest.mark.parametrize(
    "wrong",
    [
        {"surprise": "1"},
        {"amount": "ten"},
        {"confirm": "perhaps"},
        {"capture_method": "slowly"},
        {"automatic_payment_methods[surprise]": "1"},
    ],
)
def test_a_request_that_is_not_described_is_refused(client: httpx.Client, wrong: dict[str, str]) -> None:
    answer = charge(client, **wrong)

    assert (400, "invalid_request_error") == (answer.status_code, error_of(answer)["type"])


def test_only_the_described_version_and_the_right_key_are_served(
    client: httpx.Client, stripe_server: StripeServer
) -> None:
    strangers = [
        client.get("/events", headers={"Authorization": "Bearer sk_test_other"}),
        client.get("/events", headers={"Stripe-Version": "2020-08-27"}),
        client.get("/no_such_things"),
        client.get("/events"),
    ]

    assert [401, 400, 404, 200] == [answer.status_code for answer in strangers]


# Idempotency keys.


def test_a_key_repeats_its_first_answer_good_or_bad(client: httpx.Client) -> None:
    good = [charge(client, "k1") for _ in range(2)]
    bad = [charge(client, "k2", payment_method="pm_card_chargeDeclined") for _ in range(2)]

    assert good[0].json() == good[1].json()
    assert bad[0].json() == bad[1].json()
    assert [200, 200, 402, 402] == [answer.status_code for answer in (*good, *bad)]
    assert ["false", "true"] == [answer.headers.get("Idempotent-Replayed", "false") for answer in good]


def test_a_key_with_other_parameters_is_refused(client: httpx.Client) -> None:
    charge(client, "k1")
    answer = charge(client, "k1", amount=2_000)

    assert (400, "idempotency_error") == (answer.status_code, error_of(answer)["type"])


def test_what_was_never_begun_is_not_kept(client: httpx.Client, stripe_server: StripeServer) -> None:
    stripe_server.script("charge", Fault.THROTTLED, Fault.UNAVAILABLE)
    statuses = [charge(client, "k1").status_code for _ in range(3)]
    statuses.append(charge(client, "k2", surprise="1").status_code)
    statuses.append(charge(client, "k2").status_code)

    assert [429, 503, 200, 400, 200] == statuses


def test_a_day_later_the_key_is_forgotten(client: httpx.Client, stripe_server: StripeServer) -> None:
    first = charge(client, "k1").json()["id"]
    stripe_server.advance(DAY - 1)
    assert first == charge(client, "k1").json()["id"]
    stripe_server.advance(1)

    assert first != charge(client, "k1").json()["id"]


@pytest.mark.parametrize(("key", "charges"), [(None, 2), ("k1", 1)])
def test_only_a_key_keeps_a_lost_answer_from_charging_twice(
    client: httpx.Client, stripe_server: StripeServer, key: str | None, charges: int
) -> None:
    stripe_server.script("charge", Fault.LOST_AFTER)
    with pytest.raises(httpx.TransportError):
        charge(client, key)
    assert 200 == charge(client, key).status_code

    assert charges == len(stripe_server.all("charge"))


# Money.


def test_lists_are_newest_first_and_paged(client: httpx.Client) -> None:
    made = [charge(client).json()["id"] for _ in range(3)]
    first = client.get("/payment_intents", params={"limit": 2}).json()
    rest = client.get(
        "/payment_intents", params={"limit": 2, "starting_after": first["data"][-1]["id"]}
    ).json()

    assert made[::-1] == [intent["id"] for intent in first["data"] + rest["data"]]
    assert (True, False) == (first["has_more"], rest["has_more"])


def test_lists_are_bounded_in_time(client: httpx.Client, stripe_server: StripeServer) -> None:
    old = charge(client).json()
    stripe_server.advance(100)
    new = charge(client).json()

    def listed(**bounds: int) -> list[str]:
        params = {f"created[{name}]": value for name, value in bounds.items()}
        return [intent["id"] for intent in client.get("/payment_intents", params=params).json()["data"]]

    assert [new["id"]] == listed(gte=old["created"] + 1)
    assert [new["id"], old["id"]] == listed(gte=old["created"])
    assert [old["id"]] == listed(lt=new["created"])


def test_money_is_conserved(client: httpx.Client, stripe_server: StripeServer) -> None:
    stripe_server.add_account("acct_1")
    stripe_server.set_balance(0)
    intent = charge(client).json()["id"]
    client.post("/refunds", data={"payment_intent": intent, "amount": 400})
    transfer = {"amount": 601, "currency": "usd", "destination": "acct_1"}

    assert "balance_insufficient" == error_of(client.post("/transfers", data=transfer))["code"]
    made = client.post("/transfers", data=transfer | {"amount": 600}).json()["id"]
    assert 400 == client.post(f"/transfers/{made}/reversals", data={"amount": 601}).status_code
    assert 600 == client.post(f"/transfers/{made}/reversals").json()["amount"]
    assert client.get(f"/transfers/{made}").json()["reversed"]


def test_automatic_methods_that_may_redirect_need_an_address_to_return_to(client: httpx.Client) -> None:
    automatic = GOOD | {"automatic_payment_methods[enabled]": "true"}
    never = automatic | {"automatic_payment_methods[allow_redirects]": "never"}
    statuses = [
        client.post("/payment_intents", data=form).status_code for form in (automatic, never, never | CARD)
    ]

    assert [400, 200, 400] == statuses


def test_an_intent_that_moved_on_says_what_it_is(client: httpx.Client) -> None:
    intent = charge(client).json()["id"]
    error = error_of(client.post(f"/payment_intents/{intent}/cancel"))

    assert "payment_intent_unexpected_state" == error["code"]
    assert "succeeded" == error["payment_intent"]["status"]


def test_a_browser_finishes_3d_secure_over_http(client: httpx.Client, stripe_server: StripeServer) -> None:
    intent = charge(client, payment_method="pm_card_authenticationRequired").json()
    assert "use_stripe_sdk" == intent["next_action"]["type"]
    httpx.post(f"{stripe_server.url}/_test/payment_intents/{intent['id']}/authenticate", trust_env=False)

    assert "succeeded" == client.get(f"/payment_intents/{intent['id']}").json()["status"]


@pytest.mark.parametrize(("won", "balance"), [(True, 1_000), (False, 0)])
def test_a_dispute_takes_the_money_until_it_is_decided(
    client: httpx.Client, stripe_server: StripeServer, won: bool, balance: int
) -> None:
    stripe_server.set_balance(0)
    intent = charge(client, payment_method="pm_card_createDispute").json()
    (dispute,) = client.get("/disputes", params={"payment_intent": intent["id"]}).json()["data"]
    refused = client.post("/refunds", data={"payment_intent": intent["id"]})
    stripe_server.close_dispute(dispute["id"], won=won)

    assert "charge_disputed" == error_of(refused)["code"]
    assert ("won" if won else "lost") == client.get(f"/disputes/{dispute['id']}").json()["status"]
    assert balance == stripe_server.balance()


# What happened, and telling it.


class Endpoint:
    """Whoever listens: refuses as often as it is told, then proves each signature."""

    def __init__(self, refusals: int = 0) -> None:
        self.told: list[str] = []
        self._refusals = refusals

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self._refusals:
            self._refusals -= 1
            return httpx.Response(500)
        event = stripe.Webhook.construct_event(request.content, request.headers["Stripe-Signature"], SECRET)
        self.told.append(event.type)
        return httpx.Response(200)


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
async def wire(endpoint: Endpoint) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(endpoint)) as made:
        yield made


PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


async def test_events_are_told_once_in_order_and_signed(
    client: httpx.Client, stripe_server: StripeServer, wire: httpx.AsyncClient, endpoint: Endpoint
) -> None:
    charge(client)
    assert [200] * 3 == await stripe_server.webhooks.deliver(wire, "http://us/hook", SECRET)
    assert [] == await stripe_server.webhooks.deliver(wire, "http://us/hook", SECRET)

    assert PAID == endpoint.told


def test_events_are_listed_newest_first(client: httpx.Client) -> None:
    charge(client)

    assert PAID[::-1] == [event["type"] for event in client.get("/events").json()["data"]]


async def test_events_are_told_twice_backwards_or_not_at_all(
    client: httpx.Client, stripe_server: StripeServer, wire: httpx.AsyncClient, endpoint: Endpoint
) -> None:
    charge(client)
    created, charged, succeeded = stripe_server.webhooks.waiting()
    stripe_server.webhooks.drop(created)
    await stripe_server.webhooks.deliver(wire, "http://us/hook", SECRET, [succeeded, charged, succeeded])

    assert [PAID[2], PAID[1], PAID[2]] == endpoint.told
    assert [] == stripe_server.webhooks.waiting()


async def test_a_refused_event_is_told_again_for_three_days(
    client: httpx.Client, stripe_server: StripeServer
) -> None:
    stubborn = Endpoint(refusals=4)
    charge(client)
    async with httpx.AsyncClient(transport=httpx.MockTransport(stubborn)) as wire:
        statuses = await stripe_server.webhooks.deliver(wire, "http://us/hook", SECRET)
        statuses += await stripe_server.webhooks.deliver(wire, "http://us/hook", SECRET)
        (first,) = stripe_server.webhooks.waiting()
        attempts = stripe_server.webhooks.attempts(first)
        stripe_server.advance(3 * DAY + 1)

    assert [500, 500, 500, 500, 200, 200] == statuses
    assert (2, []) == (attempts, stripe_server.webhooks.waiting())


def test_every_event_is_stripes_own_and_tells_of_a_real_object(
    client: httpx.Client, stripe_server: StripeServer
) -> None:
    stripe_server.add_account("acct_1")
    for card in ("pm_card_createDispute", "pm_card_chargeDeclined", "pm_card_authenticationRequired"):
        charge(client, payment_method=card)
    stripe_server.authenticate(stripe_server.all("payment_intent")[-1]["id"], success=False)
    stripe_server.close_dispute(stripe_server.all("dispute")[0]["id"], won=True)
    paid = charge(client, payment_method="pm_card_refundFail").json()["id"]
    refund = client.post("/refunds", data={"payment_intent": paid}).json()["id"]
    stripe_server.finish_refund(refund)
    transfer = {"amount": 600, "currency": "usd", "destination": "acct_1"}
    stripe_server.reverse_transfer(client.post("/transfers", data=transfer).json()["id"])
    told = [json.loads(stripe_server.webhooks.payload(name)) for name in stripe_server.webhooks.waiting()]

    assert [] == [problem for event in told for problem in description().object_problems(event)]
    assert [] == [
        problem for event in told for problem in description().object_problems(event["data"]["object"])
    ]
    assert {
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.failed",
        "charge.refunded",
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
        "refund.failed",
        "transfer.created",
        "transfer.reversed",
    } < {event["type"] for event in told}
