"""Consumers and senders for tests: they keep what they are given, and fail when told to."""

from collections.abc import Sequence

from core.domain.dispatches import Channel, Dispatch, Notice, SendOutcome, Sent
from core.domain.events import Event
from ports.mail import Letter


class CollectedEvents:
    """Keeps what it is asked about, in order; `failures` makes the next questions fail.

    Each event is told to all of `recipients`, through `channel`, with the event's own payload.
    """

    def __init__(self, *recipients: str, channel: Channel = Channel.MAIL) -> None:
        self.events: list[Event] = []
        self.failures = 0
        self._recipients = recipients
        self._channel = channel

    async def plan(self, event: Event) -> Sequence[Notice]:
        """Keep the event, or raise ConnectionError while failures are left."""
        if self.failures > 0:
            self.failures -= 1
            raise ConnectionError("nobody takes events at the moment")
        self.events.append(event)
        return [
            Notice(channel=self._channel, recipient=recipient, payload=event.payload)
            for recipient in self._recipients
        ]


class CollectedMessages:
    """Keeps what it is given to send, in order; `outcomes` are the next answers, then all is Sent."""

    def __init__(self, *outcomes: SendOutcome) -> None:
        self.messages: list[Dispatch] = []
        self.outcomes = list(outcomes)

    async def send(self, dispatch: Dispatch) -> SendOutcome:
        """Keep the message, and answer."""
        self.messages.append(dispatch)
        return self.outcomes.pop(0) if self.outcomes else Sent()


class CollectedLetters:
    """A post office that keeps letters, in order; `outcomes` are the next answers, then all is Sent."""

    def __init__(self, *outcomes: SendOutcome) -> None:
        self.letters: list[Letter] = []
        self.outcomes = list(outcomes)

    async def deliver(self, letter: Letter) -> SendOutcome:
        """Keep the letter, and answer."""
        self.letters.append(letter)
        return self.outcomes.pop(0) if self.outcomes else Sent()
