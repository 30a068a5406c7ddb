"""Where a worker's mail goes is a setting: to the log, or to a server that the URL names."""

import pytest
from structlog.testing import capture_logs

from adapters.bootstrap import open_outlets
from adapters.mail.log import LoggedPost
from adapters.mail.sender import MailSender
from adapters.memory.testing.contacts import make_contact
from adapters.settings import BadSettings, Settings
from adapters.smtp.post import SmtpPost
from adapters.smtp.server import SmtpServer
from core.domain.changes import Changes
from core.domain.dispatches import Channel, Dropped, Sent
from core.domain.notifications import NotificationKind
from core.usecases.notify import MailNotices
from ports.mail import Post
from tests.builders import make_dispatch
from tests.usecases.world import World


def settings(**chosen: object) -> Settings:
    return Settings(_env_file=None, **chosen)  # type: ignore[arg-type,call-arg] # the library's own arguments


async def post_of(chosen: Settings) -> Post:
    async with open_outlets(chosen, World().ports) as outlets:
        sender = outlets.senders[Channel.MAIL]
        assert isinstance(sender, MailSender)
        assert 1 == sum(isinstance(consumer, MailNotices) for consumer in outlets.consumers)
        return sender.post


async def test_mail_goes_to_the_log_unless_there_is_a_server() -> None:
    assert isinstance(await post_of(settings()), LoggedPost)


async def test_mail_goes_to_the_server_that_the_settings_name() -> None:
    post = await post_of(
        settings(smtp_url="smtp://me:pw@mail.example", mail_from="a@b.example", outbox_send_timeout_seconds=7)
    )

    assert isinstance(post, SmtpPost)
    expected = SmtpServer(host="mail.example", port=587, user="me", password="pw", starttls=True)
    assert (expected, "a@b.example", 7) == (post.server, post.sender, post.timeout_seconds)


async def test_a_url_that_names_no_server_is_refused_without_its_password() -> None:
    with pytest.raises(BadSettings, match="ESTUARY_SMTP_URL: must be smtp://") as refusal:
        await post_of(settings(smtp_url="http://me:hunter2@mail.example", mail_from="a@b.example"))
    assert "hunter2" not in str(refusal.value)


async def test_the_log_has_the_whole_letter() -> None:
    world, eva = World(), make_contact()
    await world.store.commit(Changes(inserts=(eva,)))
    sender = MailSender(contacts=world.store, post=LoggedPost(), clock=world.clock)
    seat = {"service_name": "Breathing", "practitioner_name": "Ana Reis"}
    payload = {"notification": NotificationKind.REVIEW_REQUEST.value, **seat}
    message = make_dispatch(recipient=str(eva.user_id), payload=payload)

    with capture_logs() as logged:
        assert Sent() == await sender.send(message)

    (entry,) = logged
    assert ("mail", str(message.id)) == (entry["event"], entry["dispatch_id"])
    assert ("eva@example.org", "How was Breathing?") == (entry["to"], entry["subject"])
    assert "Breathing with Ana Reis is over" in entry["text"]


async def test_what_is_too_late_is_dropped_before_anybody_is_looked_up() -> None:
    world = World()
    sender = MailSender(contacts=world.store, post=LoggedPost(), clock=world.clock)
    until = world.clock.now().isoformat()

    outcome = await sender.send(make_dispatch(payload={"notification": "session_reminder", "until": until}))
    assert Dropped(reason="it is too late for this") == outcome
