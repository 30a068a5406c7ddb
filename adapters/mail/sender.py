"""The sender of the mail channel: looks up whom it goes to, writes the letter, and posts it."""

from datetime import datetime
from uuid import UUID

from attrs import frozen

from adapters.mail.letters import write_letter
from core.domain.dispatches import Dispatch, Dropped, SendOutcome
from core.domain.ids import UserId
from core.domain.notifications import NotificationKind
from core.usecases.notices import NOTIFICATION, UNTIL
from ports.clock import Clock
from ports.mail import Post
from ports.queries import Queries


@frozen(kw_only=True)
class MailSender:
    """Sends what `core.usecases.notify` plans; see `ports.senders.Sender`."""

    contacts: Queries
    post: Post
    clock: Clock

    async def send(self, dispatch: Dispatch) -> SendOutcome:
        """Post one letter. Dropped if it is too late, or the recipient has no address or does not want it."""
        facts = dispatch.payload
        until = facts.get(UNTIL)
        if until is not None and datetime.fromisoformat(str(until)) <= self.clock.now():
            return Dropped(reason="it is too late for this")
        contact = await self.contacts.contact(UserId(UUID(dispatch.recipient)))
        if contact is None or not contact.email:
            return Dropped(reason="the recipient has given no address")
        kind = NotificationKind(str(facts[NOTIFICATION]))
        if not contact.wants(kind):
            return Dropped(reason="the recipient does not want these messages")
        return await self.post.deliver(write_letter(kind, facts, contact, letter_id=dispatch.id))
