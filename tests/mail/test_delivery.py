"""From what happened to the mailbox: each mail once, later if it must be, and parked where it cannot."""

from datetime import timedelta

from adapters.mail.sender import MailSender
from adapters.memory.testing.contacts import make_contact
from core.domain.actors import Role
from core.domain.changes import Changes
from core.domain.dispatches import Channel, Dispatch
from core.domain.statuses import DispatchStatus
from core.usecases.dispatch import DispatchReport, dispatch
from core.usecases.notify import MailNotices
from core.usecases.relay import relay_events
from ports.store import Kind
from tests.mail.office import Office, post_to, served
from tests.usecases.world import World


async def sold_to(world: World, *emails: str) -> None:
    """As many hours as there are addresses, each bought by somebody who can be reached there, of somebody
    who cannot be reached.
    """
    ana = await world.seller()
    hour = await world.offer(ana)
    for number, email in enumerate(emails, start=1):
        buyer = world.person(Role.CLIENT)
        await world.store.commit(Changes(inserts=(make_contact(user_id=buyer.user_id, email=email),)))
        await world.buy(buyer, hour, start_time=world.clock.now() + timedelta(days=number))


async def delivered(world: World, port: int) -> DispatchReport:
    """What a worker's pass does: plan what is told, and send it to the server."""
    await relay_events([MailNotices(world.store)], ports=world.ports)
    sender = MailSender(contacts=world.store, post=post_to(port), clock=world.clock)
    return await dispatch(Channel.MAIL, sender, ports=world.ports)


async def dispatches(world: World) -> list[Dispatch]:
    return [row async for row in world.store.scan(Kind.DISPATCH) if isinstance(row, Dispatch)]


async def test_each_recipient_gets_a_mail_once() -> None:
    office, world = Office(), World()
    emails = [f"user-{number}@example.org" for number in range(5)]
    async with served(office) as port:
        await sold_to(world, *emails)
        first = await delivered(world, port)
        second = await delivered(world, port)

    assert (DispatchReport(sent=5, dropped=5), DispatchReport()) == (first, second)
    assert emails == sorted(recipient for (recipient,) in office.recipients)
    assert {"Booked: Breathing"} == {message["Subject"] for message in office.messages}


async def test_what_is_put_off_is_sent_later_under_the_same_id() -> None:
    office, world = Office("451 try again later"), World()
    async with served(office) as port:
        await sold_to(world, "eva@example.org")
        assert DispatchReport(put_off=1, dropped=1) == await delivered(world, port)
        assert DispatchReport() == await delivered(world, port)
        world.clock.advance(timedelta(minutes=1))
        assert DispatchReport(sent=1) == await delivered(world, port)

    (message,) = office.messages
    (sent,) = [one for one in await dispatches(world) if one.status is not DispatchStatus.DROPPED]
    assert f"<{sent.id}@estuary.example>" == message["Message-ID"]
    assert (DispatchStatus.SENT, 2) == (sent.status, sent.attempts)


async def test_what_is_refused_for_good_is_parked_and_holds_up_nobody() -> None:
    office, world = Office(), World()
    office.refused.add("gone@example.org")
    async with served(office) as port:
        await sold_to(world, "gone@example.org", "eva@example.org")
        report = await delivered(world, port)

    assert DispatchReport(sent=1, parked=1, dropped=2) == report
    parked = [one for one in await dispatches(world) if one.status is DispatchStatus.PARKED]
    assert ["the mail server said 550 no such mailbox"] == [one.last_error for one in parked]
    assert [["eva@example.org"]] == office.recipients
