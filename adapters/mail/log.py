"""A post office that only tells the log: for development, and where no SMTP server is configured."""

import structlog

from core.domain.dispatches import SendOutcome, Sent
from ports.mail import Letter


class LoggedPost:
    """Writes each letter's text to the log, and sends nothing."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("estuary.mail")

    async def deliver(self, letter: Letter) -> SendOutcome:
        """Write the letter as one entry."""
        await self._log.ainfo(
            "mail", dispatch_id=str(letter.id), to=letter.to, subject=letter.subject, text=letter.text
        )
        return Sent()
