"""`SmtpPost`: letters through an SMTP server."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from ssl import SSLContext

import aiosmtplib
from attrs import frozen

from adapters.smtp.server import SmtpServer
from core.domain.dispatches import Failed, SendOutcome, Sent
from ports.clock import Clock
from ports.mail import Letter

PERMANENT = range(500, 600)


@frozen(kw_only=True)
class SmtpPost:
    """One connection for each letter. `sender` is an address, or a name with one in angle brackets.

    `timeout_seconds` is for each step of the conversation. `trust` tells which certificates will do; those
    of the usual authorities with None.
    """

    server: SmtpServer
    sender: str
    timeout_seconds: float
    clock: Clock
    trust: SSLContext | None = None

    async def deliver(self, letter: Letter) -> SendOutcome:
        """Hand the letter over. What the server refuses for good (5xx) of recipient or content is permanent.

        Anything else may be mended: a server that is down, busy, or does not know us.
        """
        try:
            await aiosmtplib.send(
                self._message(letter),
                sender=parseaddr(self.sender)[1],
                recipients=[letter.to],
                hostname=self.server.host,
                port=self.server.port,
                username=self.server.user,
                password=self.server.password,
                use_tls=self.server.tls,
                start_tls=self.server.starttls,
                tls_context=self.trust,
                timeout=self.timeout_seconds,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _refused(error.recipients[0])
        except aiosmtplib.SMTPDataError as error:
            return _refused(error)
        except aiosmtplib.SMTPResponseException as error:
            return Failed(reason=_reason(error))
        except (aiosmtplib.SMTPException, OSError) as error:
            return Failed(reason=f"{type(error).__name__}: {_one_line(str(error))}")
        return Sent()

    def _message(self, letter: Letter) -> EmailMessage:
        name, address = parseaddr(self.sender)
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(name, addr_spec=address)
        message["To"] = Address(_one_line(letter.name or ""), addr_spec=letter.to)
        message["Subject"] = _one_line(letter.subject)
        message["Date"] = format_datetime(self.clock.now())
        message["Message-ID"] = f"<{letter.id}@{address.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        return message


def _refused(error: aiosmtplib.SMTPResponseException) -> Failed:
    return Failed(reason=_reason(error), permanent=error.code in PERMANENT)


def _reason(error: aiosmtplib.SMTPResponseException) -> str:
    return f"the mail server said {error.code} {_one_line(error.message)}"


def _one_line(text: str) -> str:
    """Without line breaks and other control characters: a header must not become two."""
    return "".join(c if c.isprintable() else " " for c in text).strip()
