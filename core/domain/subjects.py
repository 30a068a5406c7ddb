"""Whom rows are about: what a person is told of themselves, and what is taken out when they go.

Every field of every record is said to be one of three: plain (amounts, states, times, ids of things),
naming a person by id, or personal. Ids stay when somebody is erased: they are all that is left of them,
and entries' hashes contain them.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from attrs import evolve, frozen

from core.domain.kinds import Kind
from core.domain.ledger import JournalEntry, practitioner_account, user_credit
from core.domain.rows import KINDS, StoredRecord

ERASED: Final = "erased"
"""What stands where a name was that must not be empty."""


@frozen
class Personal:
    """A field that says something of the person whom the field `owner` names; `blank` is what it is
    erased to. A `secret` opens something, so not even they are told it. Without an owner it is nobody's
    own, but may quote somebody.
    """

    owner: str | None
    blank: Any
    secret: bool = False


PERSONAL: Final[Mapping[Kind, Mapping[str, Personal]]] = {
    Kind.PRACTITIONER: {
        "display_name": Personal("id", ERASED),
        "stripe_account_id": Personal("id", None),
        "availability": Personal("id", None),
        "calendar_token_hash": Personal("id", None, secret=True),
    },
    Kind.SERVICE: {
        "name": Personal("practitioner_id", ERASED),
        "description": Personal("practitioner_id", ""),
    },
    Kind.ORDER: {"client_notes": Personal("user_id", "")},
    Kind.BOOKING: {
        "attendance_reason": Personal("user_id", None),
        "client_notes": Personal("user_id", ""),
        "cancel_reason": Personal("user_id", None),
        "practitioner_name_snapshot": Personal("practitioner_id", ERASED),
        "service_name_snapshot": Personal("practitioner_id", ERASED),
        "service_description_snapshot": Personal("practitioner_id", ""),
    },
    Kind.PAYMENT: {
        "payment_method_id": Personal("user_id", ERASED),
        "client_secret": Personal("user_id", None, secret=True),
        "failure_message": Personal("user_id", None),
    },
    Kind.REFUND: {"reason": Personal("user_id", None)},
    Kind.PAYOUT: {"destination": Personal("practitioner_id", None)},
    Kind.EVENT: {"payload": Personal(None, {}), "last_error": Personal(None, None)},
    Kind.DISPATCH: {"payload": Personal("recipient", {}), "last_error": Personal("recipient", None)},
    Kind.IDEMPOTENCY: {"body": Personal("actor", "{}")},
    Kind.CONTACT: {"email": Personal("user_id", ""), "display_name": Personal("user_id", None)},
    Kind.SUBSCRIPTION: {
        "url": Personal("owner_id", ""),
        "description": Personal("owner_id", ""),
        "secret": Personal("owner_id", "", secret=True),
        "previous_secret": Personal("owner_id", None, secret=True),
        "disabled_reason": Personal("owner_id", None),
    },
}
"""Where other people's rows quote somebody (a name in a note), it stands in these fields as well."""

SUBJECTS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.PRACTITIONER: ("id",),
    Kind.SERVICE: ("practitioner_id",),
    Kind.SESSION: ("practitioner_id",),
    Kind.ACCOUNT: ("user_id",),
    Kind.ORDER: ("user_id", "practitioner_id"),
    Kind.BOOKING: ("user_id", "practitioner_id"),
    Kind.PAYMENT: ("user_id",),
    Kind.REFUND: ("user_id",),
    Kind.EARNINGS: ("practitioner_id",),
    Kind.PAYOUT: ("practitioner_id",),
    Kind.ENTRY: ("chain", "postings"),
    Kind.EVENT: ("subject_id",),
    Kind.ROOM_EVENT: ("user_id",),
    Kind.DISPATCH: ("recipient", "subject_id"),
    Kind.IDEMPOTENCY: ("actor", "subject_id"),
    Kind.WAITLIST: ("user_id",),
    Kind.INBOX: ("subject_id",),
    Kind.CONTACT: ("user_id",),
    Kind.SUBSCRIPTION: ("owner_id", "practitioner_id"),
}
"""The fields that name a person, or a thing that may be a person's."""

PLAIN: Final[Mapping[Kind, str]] = {
    Kind.PRACTITIONER: "timezone payouts_enabled commission_bps type_rates carried_cents agenda_version"
    " ledger_seq ledger_head created_at version",
    Kind.SERVICE: "id service_type price_cents currency duration_minutes max_participants location"
    " visibility validity_days session_pricing components bundled_service_id"
    " session_count cancellation_policy pay_practitioner_on_no_show"
    " pay_practitioner_on_late_cancel complimentary_earnings_cents on_expiry"
    " allow_late_entry status created_at version",
    Kind.SESSION: "id service_id session_type visibility status start_time end_time"
    " actual_start_time actual_end_time timezone duration_minutes max_participants"
    " current_participants offered_seats waiting_count sequence_number needs_review"
    " called_off next_reminder_at created_at version",
    Kind.ACCOUNT: "currency balance_cents held_cents ledger_seq ledger_head",
    Kind.ORDER: "id service_id order_type status currency subtotal_amount_cents"
    " credits_applied_cents total_amount_cents refunded_credits_cents"
    " refunded_card_cents card_to_credits_cents disputed_cents charged_back_cents"
    " total_sessions sessions_completed sessions_canceled sessions_expired"
    " session_value_cents bundled_service_id migrated_from_booking_id migrated_at"
    " terms expires_at expiry_due_at hold_expires_at ledger_seq ledger_head created_at"
    " version",
    Kind.BOOKING: "id order_id service_id session_id status payment_status attendance"
    " price_charged_cents discount_amount_cents final_amount_cents session_value_cents"
    " commission_bps refunded_cents refund_id credit_usage_transaction_id created_at"
    " canceled_at version",
    Kind.PAYMENT: "id order_id status amount_cents currency idempotency_key gateway_ref"
    " failure_code created_at updated_at version",
    Kind.REFUND: "id order_id payment_id retried_at status destination lines refund_value_cents"
    " credits_cents card_cents forfeited_cents currency idempotency_key gateway_ref"
    " failure_code created_at updated_at version",
    Kind.EARNINGS: "id booking_id order_id session_id gross_amount_cents commission_bps"
    " commission_amount_cents net_amount_cents currency status available_after"
    " payout_id frozen created_at version",
    Kind.PAYOUT: "id status reversed_cents amount_cents currency earnings_count carried_cents"
    " idempotency_key gateway_ref failure_code created_at updated_at version",
    Kind.ENTRY: "id seq previous_hash hash kind order_id currency occurred_at corrects",
    Kind.EVENT: "id type occurred_at published_at attempts next_attempt_at claimed_by"
    " claimed_until parked_at version",
    Kind.ROOM_EVENT: "id session_id kind occurred_at received_at",
    Kind.DISPATCH: "id event_id event_type channel status attempts next_attempt_at claimed_by"
    " claimed_until parked_at created_at sent_at version",
    Kind.IDEMPOTENCY: "key request_hash status_code created_at expires_at version",
    Kind.WAITLIST: "id session_id service_id status offer_expires_at created_at updated_at version",
    Kind.DISPUTE: "id payment_id order_id gateway_ref amount_cents currency reason status"
    " created_at closed_at version",
    Kind.INBOX: "id provider event_id event_type object_id subject status tries reason"
    " received_at next_try_at version",
    Kind.CONTACT: "timezone unwanted updated_at version",
    Kind.SUBSCRIPTION: "id event_types previous_secret_until status created_at updated_at version",
}
"""What tells nothing of a person by itself."""

READING_ORDER: Final = (
    Kind.CONTACT,
    Kind.PRACTITIONER,
    Kind.ACCOUNT,
    Kind.SERVICE,
    Kind.ORDER,
    Kind.BOOKING,
    Kind.SESSION,
    Kind.PAYMENT,
    Kind.REFUND,
    Kind.DISPUTE,
    Kind.EARNINGS,
    Kind.PAYOUT,
    Kind.ENTRY,
    Kind.WAITLIST,
    Kind.ROOM_EVENT,
    Kind.SUBSCRIPTION,
    Kind.EVENT,
    Kind.DISPATCH,
    Kind.IDEMPOTENCY,
    Kind.INBOX,
)
"""What is found by what was found before comes after it."""

_OWN: Final[Mapping[Kind, str]] = {
    Kind.ORDER: "user_id",
    Kind.BOOKING: "user_id",
    Kind.DISPATCH: "recipient",
    Kind.IDEMPOTENCY: "actor",
    Kind.SUBSCRIPTION: "owner_id",
}
"""Whose a row is, where its fields name several: what a customer bought is not their practitioner's."""

_BY_THING: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.SESSION: ("id",),
    Kind.DISPUTE: ("order_id",),
    Kind.EVENT: ("subject_id",),
    Kind.DISPATCH: ("recipient",),
    Kind.INBOX: ("subject_id",),
}
"""The fields by which a row is about a thing of theirs."""

_LENDS: Final[Mapping[Kind, tuple[str, ...]]] = {Kind.BOOKING: ("session_id",)}
"""What else is theirs with a row: the session in which they have a seat."""


class Subject:
    """Tells, row after row in READING_ORDER, which are a user's own. Keeps the ids of what is theirs."""

    def __init__(self, user_id: UUID) -> None:
        self._id = str(user_id)
        self._things: set[str] = set()
        self._accounts = {user_credit(user_id), practitioner_account(user_id)}  # type: ignore[arg-type] # any UUID

    def owns(self, row: StoredRecord) -> bool:
        """Whether the row is theirs, or about what is."""
        kind = KINDS[type(row)]
        if not (self._is_own(kind, row) or self._is_about(kind, row)):
            return False
        for name in ("id", *_LENDS.get(kind, ())):
            if hasattr(row, name):
                self._things.add(str(getattr(row, name)))
        return True

    def _is_own(self, kind: Kind, row: StoredRecord) -> bool:
        if isinstance(row, JournalEntry):
            owner = row.chain.partition(":")[2]
            theirs = (p.account in self._accounts or str(p.user_id) == self._id for p in row.postings)
            return owner == self._id or any(theirs)
        names = (_OWN[kind],) if kind in _OWN else SUBJECTS.get(kind, ())
        return any(str(getattr(row, name)) == self._id for name in names)

    def _is_about(self, kind: Kind, row: StoredRecord) -> bool:
        if kind is Kind.EVENT and self._id in map(str, getattr(row, "payload", {}).values()):
            return True
        return any(str(getattr(row, name)) in self._things for name in _BY_THING.get(kind, ()))


def without_secrets(row: StoredRecord) -> StoredRecord:
    """A row as the person whom it is about may have it."""
    fields = PERSONAL.get(KINDS[type(row)], {})
    hidden: dict[str, Any] = {name: field.blank for name, field in fields.items() if field.secret}
    return evolve(row, **hidden) if hidden else row
