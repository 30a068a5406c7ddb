"""Settings come from the environment; a bad one is named in one line, and secrets are never shown."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.bootstrap import open_store, sqlite_file
from adapters.http.deprecation import Deprecation
from adapters.settings import BadSettings, load_settings, without_password
from core.domain.catalogue import ServiceType
from core.domain.rules import Rules
from tests.cli.conftest import SECRET

Choose = Callable[..., None]


def refusal() -> str:
    with pytest.raises(BadSettings) as caught:
        load_settings()
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_the_defaults_are_those_of_the_documentation(fresh_settings: Choose) -> None:
    fresh_settings()
    settings = load_settings()

    assert "sqlite:///estuary.db" == settings.store_url.get_secret_value()
    assert Rules() == settings.rules
    assert ("fake", 15, 15) == (
        settings.payments,
        settings.payment_hold_minutes,
        settings.payment_lookup_seconds,
    )


def test_the_rules_follow_the_settings(fresh_settings: Choose) -> None:
    fresh_settings(
        CURRENCY="eur",
        COMMISSION_BPS="1200",
        COMMISSION_BPS_BY_TYPE='{"course": 900}',
        EARNINGS_HOLD_HOURS="24",
        PAYMENT_HOLD_MINUTES="5",
        WAITLIST_OFFER_MINUTES="30",
        MINIMUM_PAYOUT_CENTS="1000",
    )
    expected = Rules(
        currency="eur",
        commission_bps=1200,
        type_commission_bps={ServiceType.COURSE: 900},
        earnings_hold_hours=24,
        payment_hold_minutes=5,
        waitlist_offer_minutes=30,
        minimum_payout_cents=1000,
        minimum_charge_cents=50,
    )

    assert expected == load_settings().rules


def test_the_minimum_charge_follows_the_currency(fresh_settings: Choose) -> None:
    fresh_settings(CURRENCY="sek")
    assert 300 == load_settings().rules.minimum_charge_cents

    fresh_settings(CURRENCY="sek", MINIMUM_CHARGE_CENTS="500")
    assert 500 == load_settings().rules.minimum_charge_cents


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COMMISSION_BPS", "10001"),
        ("COMMISSION_BPS", "15.5"),
        ("COMMISSION_BPS_BY_TYPE", "{not json"),
        ("COMMISSION_BPS_BY_TYPE", '{"nonsense": 900}'),
        ("COMMISSION_BPS_BY_TYPE", '{"course": 90000}'),
        ("CURRENCY", "US$"),
        ("EARNINGS_HOLD_HOURS", "-1"),
        ("JWT_SECRET", "too-short"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "loud"),
        ("MINIMUM_PAYOUT_CENTS", "9007199254740992"),
        ("LIVEKIT_API_SECRET", "too-short"),
        ("LIVEKIT_URL", "rooms.example"),
        ("LIVEKIT_URL", "wss://key:word@rooms.example"),
        ("PAYMENTS", "cash"),
        ("DEPRECATED_ON", "last year"),
        ("DEPRECATION_GUIDE", "guide.html"),
        ("DEPRECATION_GUIDE", "https://help.example/>;rel=next"),
        ("SUNSET_ON", "sometime"),
        ("STRIPE_API_BASE", "api.stripe.com"),
        ("STRIPE_API_BASE", "https://api.stripe.com/v1"),
        ("PAYMENT_HOLD_MINUTES", "0"),
        ("MAIL_FROM", "hunter2 at example.org"),
        ("PORT", "65536"),
        ("STORE_POOL_SIZE", "none"),
        ("WORKERS", "0"),
    ],
)
def test_a_malformed_setting_is_named_without_its_value(
    fresh_settings: Choose, name: str, value: str
) -> None:
    fresh_settings(**{name: value})
    text = refusal()

    assert text.startswith(f"ESTUARY_{name}")
    assert name == "PAYMENTS" or value not in text


def test_every_bad_setting_is_named_at_once(fresh_settings: Choose) -> None:
    fresh_settings(PORT="none", WORKERS="none")

    assert ["ESTUARY_PORT", "ESTUARY_WORKERS"] == [part.split(":")[0] for part in refusal().split("; ")]


def test_a_currency_without_a_known_minimum_charge_needs_one(fresh_settings: Choose) -> None:
    fresh_settings(CURRENCY="isk")
    assert refusal().startswith("ESTUARY_MINIMUM_CHARGE_CENTS: ")


def test_payments_through_stripe_need_a_key(fresh_settings: Choose) -> None:
    fresh_settings(PAYMENTS="stripe")
    assert refusal().startswith("ESTUARY_STRIPE_API_KEY: is not set")


@pytest.mark.parametrize("missing", ["LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"])
def test_a_livekit_needs_all_of_its_settings(fresh_settings: Choose, missing: str) -> None:
    whole = {
        "LIVEKIT_URL": "wss://rooms.example",
        "LIVEKIT_API_KEY": "API_1",
        "LIVEKIT_API_SECRET": SECRET,
    }
    fresh_settings(**whole)
    assert (["********"], ["********"]) == (
        load_settings().shown()["ESTUARY_LIVEKIT_API_KEY"],
        load_settings().shown()["ESTUARY_LIVEKIT_API_SECRET"],
    )
    fresh_settings(**(whole | {missing: ""}))
    assert f"ESTUARY_{missing}: is not set; LiveKit needs it" == refusal()


def test_a_livekit_takes_two_keys_while_they_are_rotated(fresh_settings: Choose) -> None:
    two = {"LIVEKIT_API_KEY": "API_2, API_1", "LIVEKIT_API_SECRET": f"{SECRET}2, {SECRET}1"}
    fresh_settings(LIVEKIT_URL="wss://rooms.example", **two)
    assert ["API_2", "API_1"] == [key.get_secret_value() for key in load_settings().livekit_api_key]

    fresh_settings(LIVEKIT_URL="wss://rooms.example", **(two | {"LIVEKIT_API_KEY": "API_2"}))
    assert refusal().startswith("ESTUARY_LIVEKIT_API_SECRET: must be as many as ESTUARY_LIVEKIT_API_KEY")


def test_mail_through_a_server_needs_a_sender(fresh_settings: Choose) -> None:
    fresh_settings(SMTP_URL="smtp://mail.example")
    assert refusal().startswith("ESTUARY_MAIL_FROM: is not set")


def test_fields_do_not_go_before_they_are_deprecated(fresh_settings: Choose) -> None:
    fresh_settings(DEPRECATED_ON="2027-06-01", SUNSET_ON="2027-05-31")
    assert "ESTUARY_SUNSET_ON: must not be before ESTUARY_DEPRECATED_ON" == refusal()

    fresh_settings(SUNSET_ON="never")
    assert "never" == load_settings().sunset_on


def test_what_is_said_of_deprecated_fields_is_the_same_without_settings(fresh_settings: Choose) -> None:
    fresh_settings()
    settings = load_settings()
    unsaid = Deprecation()
    assert (unsaid.deprecated_on, unsaid.sunset_on, unsaid.guide) == (
        settings.deprecated_on,
        settings.sunset_on,
        settings.deprecation_guide,
    )


@pytest.mark.parametrize("sender", ["hello@estuary.example", "Estuary <hello@estuary.example>"])
def test_a_sender_is_an_address_with_or_without_a_name(fresh_settings: Choose, sender: str) -> None:
    fresh_settings(MAIL_FROM=sender)
    assert sender == load_settings().mail_from


def test_the_kinds_of_payment_are_separated_by_commas(fresh_settings: Choose) -> None:
    fresh_settings(STRIPE_PAYMENT_METHOD_TYPES="card, sepa_debit")
    assert ("card", "sepa_debit") == load_settings().stripe_payment_method_types


def test_an_empty_variable_counts_as_unset(fresh_settings: Choose) -> None:
    fresh_settings(FAKE_PAYMENTS_FILE="", JWT_SECRET="", PORT="")

    assert (None, None, 8000) == (
        load_settings().fake_payments_file,
        load_settings().jwt_secret,
        load_settings().port,
    )


def test_settings_of_other_releases_are_let_be(fresh_settings: Choose) -> None:
    fresh_settings(SOMETHING_ELSE="1")
    load_settings()


def test_a_dotenv_file_is_read_and_the_environment_wins(fresh_settings: Choose) -> None:
    Path(".env").write_text("ESTUARY_PORT=9001\nESTUARY_WORKERS=3\n")
    fresh_settings(PORT="9002")

    assert (9002, 3) == (load_settings().port, load_settings().workers)


def test_origins_are_separated_by_commas(fresh_settings: Choose) -> None:
    fresh_settings(CORS_ORIGINS="https://a.example, https://b.example")
    assert ("https://a.example", "https://b.example") == load_settings().cors_origins


def test_secrets_are_in_no_text_of_the_settings(fresh_settings: Choose) -> None:
    fresh_settings(
        JWT_SECRET=SECRET,
        STORE_URL="postgresql://app:hunter2@db.example/estuary",
        STRIPE_API_KEY="sk_live_hunter2",
        LIVEKIT_URL="wss://rooms.example",
        LIVEKIT_API_KEY="API_hunter2",
        LIVEKIT_API_SECRET=SECRET,
        SMTP_URL="smtp://me:hunter2@mail.example",
        MAIL_FROM="hello@estuary.example",
    )
    settings = load_settings()
    texts = (repr(settings), str(settings), str(settings.shown()), settings.model_dump_json())

    assert [] == [text for text in texts if SECRET in text or "hunter2" in text]
    assert "postgresql://app:********@db.example/estuary" == settings.shown()["ESTUARY_STORE_URL"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///estuary.db", "sqlite:///estuary.db"),
        ("memory://", "memory://"),
        ("postgresql://app@h/db", "postgresql://app@h/db"),
        ("postgresql://app:p@ss@h:5432/db?x=1", "postgresql://app:********@h:5432/db?x=1"),
        ("mongodb://a:b@h1,h2/db?replicaSet=r", "mongodb://a:********@h1,h2/db?replicaSet=r"),
        ("postgresql://[h", "********"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert shown == without_password(url)


@pytest.mark.parametrize(
    "url", ["estuary.db", "mysql://h/db", "sqlite://", "sqlite:///", "sqlite:///:memory:"]
)
async def test_a_url_that_names_no_store_is_refused(fresh_settings: Choose, url: str) -> None:
    fresh_settings(STORE_URL=url)

    with pytest.raises(BadSettings, match=r"^ESTUARY_STORE_URL: "):
        await open_store(load_settings())


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///estuary.db", Path("estuary.db")),
        ("sqlite:////var/e.db", Path("/var/e.db")),
        ("memory://", None),
    ],
)
def test_the_file_of_an_sqlite_store_is_known(fresh_settings: Choose, url: str, file: Path | None) -> None:
    fresh_settings(STORE_URL=url)
    assert file == sqlite_file(load_settings())


@pytest.mark.parametrize(
    ("secret", "jwks", "problem"),
    [
        ("", "", "ESTUARY_JWT_SECRET: is not set"),
        (SECRET, "https://id.example/keys", "ESTUARY_JWT_JWKS: cannot be combined"),
        ("", "nowhere.json", "ESTUARY_JWT_JWKS: is neither"),
        ("", "keys.json", "ESTUARY_JWT_JWKS: the file is not a JSON Web Key Set"),
    ],
)
def test_there_must_be_one_way_to_check_tokens(
    fresh_settings: Choose, secret: str, jwks: str, problem: str
) -> None:
    Path("keys.json").write_text('{"keys": []}')
    fresh_settings(JWT_SECRET=secret, JWT_JWKS=jwks)

    with pytest.raises(BadSettings) as caught:
        load_settings().require_authentication()
    assert str(caught.value).startswith(problem)


def test_the_example_of_a_dotenv_file_is_complete_and_valid(fresh_settings: Choose) -> None:
    example = Path(__file__).parents[2].joinpath(".env.example").read_text()
    lines = [line.removeprefix("#") for line in example.splitlines() if re.match(r"#?ESTUARY_", line)]
    active = [line for line in lines if not line.startswith(("ESTUARY_JWT_JWKS", "ESTUARY_JWT_SECRET"))]
    Path(".env").write_text("\n".join(active))
    fresh_settings()

    assert set(load_settings().shown()) == {line.partition("=")[0] for line in lines}


def test_the_operations_page_has_a_row_for_every_setting(fresh_settings: Choose) -> None:
    page = Path(__file__).parents[2].joinpath("docs", "operations.md").read_text()
    fresh_settings()

    rows = [line for line in page.splitlines() if line.startswith("| `ESTUARY_")]
    named = {name for row in rows for name in re.findall(r"`(ESTUARY_[A-Z_]+)`", row.split("|")[1])}
    assert set(load_settings().shown()) == named
