"""Letters on their way through a real SMTP server: taken, put off, refused, and never in the clear."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.smtp.server import SmtpServer, smtp_server
from core.domain.dispatches import Failed, Sent
from core.domain.ids import DispatchId
from ports.mail import Letter
from tests.builders import new_id
from tests.mail.office import SENDER, Office, knowing, post_to, served

LETTER = Letter(
    id=DispatchId(new_id()),
    to="eva@example.org",
    name="Eva",
    subject="Booked: Ätmen",
    text="Hello Eva, 深呼吸\n",
    html="<p>Hello Eva</p>\n",
)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate of its own making for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    file = tmp_path / "server.pem"
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(secret + made.public_bytes(pem))
    return file


async def test_a_letter_arrives_as_it_was_written() -> None:
    office = Office()
    async with served(office) as port:
        outcome = await post_to(port).deliver(LETTER)

    (message,) = office.messages
    assert Sent() == outcome
    assert [["eva@example.org"]] == office.recipients
    assert (SENDER, "Eva <eva@example.org>") == (message["From"], message["To"])
    assert "Booked: Ätmen" == message["Subject"]
    assert f"<{LETTER.id}@estuary.example>" == message["Message-ID"]
    assert "auto-generated" == message["Auto-Submitted"]
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    bodies = [part.get_content().replace("\r\n", "\n") for part in (text, html)]
    assert [LETTER.text, LETTER.html] == bodies


async def test_a_repetition_can_be_told_by_its_id() -> None:
    office = Office()
    async with served(office) as port:
        for _ in range(2):
            await post_to(port).deliver(LETTER)
        await post_to(port).deliver(evolve(LETTER, id=DispatchId(new_id())))

    first, again, other = [message["Message-ID"] for message in office.messages]
    assert first == again
    assert first != other


async def test_a_hostile_name_adds_no_header_and_no_recipient() -> None:
    office = Office()
    evil = 'Eva"\r\nBcc: all@example.org\r\n\r\n<script>'
    async with served(office) as port:
        outcome = await post_to(port).deliver(evolve(LETTER, name=evil, subject=evil))

    (message,) = office.messages
    assert Sent() == outcome
    assert [["eva@example.org"]] == office.recipients
    assert message["Bcc"] is None
    assert ["eva@example.org"] == [address.addr_spec for address in message["To"].addresses]


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [
        ("451 try again later", False),
        ("452 too many", False),
        ("550 this is spam", True),
        ("552 too big", True),
    ],
)
async def test_a_refusal_is_permanent_if_the_server_says_so(answer: str, permanent: bool) -> None:
    async with served(Office(answer)) as port:
        outcome = await post_to(port).deliver(LETTER)

    assert Failed(reason=f"the mail server said {answer}", permanent=permanent) == outcome


async def test_a_recipient_who_does_not_exist_is_a_permanent_refusal() -> None:
    office = Office()
    office.refused.add("eva@example.org")
    async with served(office) as port:
        outcome = await post_to(port).deliver(LETTER)

    assert Failed(reason="the mail server said 550 no such mailbox", permanent=True) == outcome


async def test_a_server_that_is_down_may_come_back() -> None:
    async with served(Office()) as port:
        pass

    outcome = await post_to(port).deliver(LETTER)

    assert isinstance(outcome, Failed)
    assert outcome.reason.startswith("SMTPConnectError: ")
    assert not outcome.permanent


async def test_nothing_is_said_to_a_server_without_the_encryption_that_is_required() -> None:
    office = Office()
    async with served(office) as port:
        outcome = await post_to(port, starttls=True, user="me", password="hush").deliver(LETTER)

    assert isinstance(outcome, Failed)
    assert not outcome.permanent
    assert [] == office.messages


async def test_a_password_is_said_under_encryption_alone(certificate: Path) -> None:
    office = Office()
    encryption = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    encryption.load_cert_chain(certificate)
    options: dict[str, Any] = {"tls_context": encryption, "require_starttls": True}
    access: dict[str, Any] = {"starttls": True, "user": "me", "password": "right"}
    async with served(office, authenticator=knowing(b"right"), **options) as port:
        trusted = await post_to(port, trust=ssl.create_default_context(cafile=certificate), **access).deliver(
            LETTER
        )
        unknown = await post_to(port, **access).deliver(LETTER)

    assert Sent() == trusted
    assert isinstance(unknown, Failed)
    assert not unknown.permanent
    assert 1 == len(office.messages)


async def test_a_wrong_password_is_no_fault_of_the_letter() -> None:
    office = Office()
    async with served(office, authenticator=knowing(b"right"), auth_require_tls=False) as port:
        wrong = await post_to(port, user="me", password="wrong").deliver(LETTER)
        right = await post_to(port, user="me", password="right").deliver(LETTER)

    assert isinstance(wrong, Failed)
    assert not wrong.permanent
    assert "wrong" not in wrong.reason
    assert Sent() == right
    assert 1 == len(office.messages)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://localhost", SmtpServer(host="localhost", port=587)),
        ("smtp://localhost:25?starttls=never", SmtpServer(host="localhost", port=25, starttls=False)),
        ("smtp://mail.example/?starttls=required", SmtpServer(host="mail.example", port=587, starttls=True)),
        (
            "smtp://me%40x:p%2Fq@mail.example:2525",
            SmtpServer(host="mail.example", port=2525, user="me@x", password="p/q", starttls=True),
        ),
        (
            "smtps://me:pw@mail.example",
            SmtpServer(host="mail.example", port=465, user="me", password="pw", tls=True, starttls=False),
        ),
    ],
)
def test_a_url_says_where_the_server_is(url: str, expected: SmtpServer) -> None:
    assert expected == smtp_server(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://mail.example/path",
        "smtp://hush@mail.example",
        "smtp://mail.example?starttls=maybe",
        "smtp://mail.example?tls=1",
        "smtps://mail.example?starttls=required",
    ],
)
def test_any_other_url_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"^(must|takes) ") as refusal:
        smtp_server(url)
    assert "hush" not in str(refusal.value)
