"""Messages on the wire, and what the gateway makes of a server's answers."""

import smtplib
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirana.mailing import mail
from kirana.mailing.mail import (
    Attachment,
    BadMessage,
    Message,
    PermanentFailure,
    SmtpGateway,
    TemporaryFailure,
    Uncertain,
    encode,
)
from kirana.platform.config import Settings, SettingsError
from tests.outbox.sink import Sink, running_sink

SETTINGS = Settings(env="test", secret="s" * 32, mail_from="Kirana <shop@kirana.example>")
PLAIN = Message("asha@example.org", "Ihre Bestellung für ₹1,284", "<p>₹</p>", "₹ text\n")


@pytest.fixture(scope="module")
def _sink() -> Iterator[Sink]:
    with running_sink() as sink:
        yield sink


@pytest.fixture
def sink(_sink: Sink) -> Sink:
    _sink.plan.clear()
    _sink.raw.clear()
    return _sink


@pytest.fixture
def gateway(sink: Sink) -> SmtpGateway:
    return SmtpGateway(replace(SETTINGS, smtp_url=sink.url))


def test_text_html_and_file_arrive_as_sent(gateway: SmtpGateway, sink: Sink) -> None:
    content = bytes(range(256)) + b"\r\n.\r\n=cmd|x"
    message = replace(PLAIN, attachments=(Attachment("products-güte.csv", content),))
    identity = gateway.new_message_id()
    gateway.send(message, identity)
    (mail,) = sink.mails
    assert mail["Subject"] == PLAIN.subject
    assert mail["From"] == "Kirana <shop@kirana.example>"
    assert mail["Message-ID"] == identity
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html",
        "application/octet-stream",
    ]  # fmt: skip
    (attached,) = mail.iter_attachments()
    assert attached.get_content() == content
    assert attached.get_filename() == "products-güte.csv"


@pytest.mark.parametrize(
    "text", [".", "..", ".\n.\n", "a\n.\nb\n", "no end", "x" * 3000, "ends\n.\n", "\n" * 40, "₹."]
)
def test_dots_and_long_lines_survive(gateway: SmtpGateway, sink: Sink, text: str) -> None:
    gateway.send(replace(PLAIN, text=text, html=text), "<1@kirana.example>")
    (mail,) = sink.mails
    for part in mail.iter_parts():
        assert part.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")


@given(st.text(max_size=300), st.text(st.characters(categories=("L", "N", "P", "S")), max_size=90))
def test_the_wire_holds_seven_bits_and_short_crlf_lines(text: str, subject: str) -> None:
    message = replace(PLAIN, text=text.encode("utf-8", "replace").decode(), subject=subject)
    raw = encode(message, SETTINGS.mail_from, "<1@kirana.example>")
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("sign", ["\r", "\n", "\r\n", "\x00", "\x0b", "\x85", "\u2028", "\x7f"])
def test_no_header_takes_a_control_character(sign: str) -> None:
    with pytest.raises(BadMessage):
        replace(PLAIN, subject=f"Hello{sign}Bcc: eve@example.org")
    with pytest.raises(BadMessage):
        replace(PLAIN, to=f"asha@example.org{sign}Bcc: eve@example.org")
    with pytest.raises(BadMessage):
        Attachment(f"a{sign}.csv", b"")


@pytest.mark.parametrize(
    "to",
    [
        "",
        "asha",
        "a@b, c@d",
        "Asha <a@example.org>",
        "a@",
        "@b",
        "a b@example.org",
        "jürgen@example.org",
        "Asha@example.org",
        "asha@bücher.example",
        "asha@example.org.",
        "asha@localhost",
        "asha@xn--80ak6aa92e.com",
    ],
)
def test_the_recipient_is_one_plain_address(to: str) -> None:
    with pytest.raises(BadMessage):
        replace(PLAIN, to=to)


@pytest.mark.parametrize(
    ("word", "expected", "kept"),
    [
        ("refuse", PermanentFailure, 0),
        ("reject", PermanentFailure, 0),
        ("later", TemporaryFailure, 0),
        ("busy", TemporaryFailure, 0),
        ("cut", TemporaryFailure, 0),
        ("lose", Uncertain, 1),
    ],
)
def test_each_answer_has_its_meaning(
    gateway: SmtpGateway, sink: Sink, word: str, expected: type[Exception], kept: int
) -> None:
    sink.plan.append(word)
    with pytest.raises(expected):
        gateway.send(PLAIN, "<1@kirana.example>")
    assert len(sink.raw) == kept
    gateway.send(PLAIN, "<1@kirana.example>")


def test_a_silent_server_is_waited_for_no_longer_than_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kirana.mailing.mail.TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        gateway = SmtpGateway(replace(SETTINGS, smtp_url=f"smtp://127.0.0.1:{port}"))
        with pytest.raises(TemporaryFailure):
            gateway.send(PLAIN, "<1@kirana.example>")


def test_silence_after_the_end_of_the_mail_is_uncertain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kirana.mailing.mail.TIMEOUT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_mute_after_data, args=(server,), daemon=True).start()
        url = f"smtp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(Uncertain):
            SmtpGateway(replace(SETTINGS, smtp_url=url)).send(PLAIN, "<1@kirana.example>")


def _mute_after_data(server: socket.socket) -> None:
    line, _ = server.accept()
    line.sendall(b"220 hello\r\n")
    for answer in (b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
        line.recv(1000)
        line.sendall(answer)
    while line.recv(1000):
        pass


def test_a_refused_password_is_the_operators_to_mend(
    gateway: SmtpGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise smtplib.SMTPAuthenticationError(535, b"no")

    monkeypatch.setattr(smtplib.SMTP, "login", refuse)
    url = gateway._url.geturl().replace("//", "//user:wrong@")  # noqa: SLF001
    with pytest.raises(TemporaryFailure):
        SmtpGateway(replace(SETTINGS, smtp_url=url)).send(PLAIN, "<1@kirana.example>")


@pytest.mark.parametrize("url", ["http://x", "smtp://", "localhost:25", "smtp://h:port", "smtp:h"])
def test_a_bad_address_of_the_server_is_told(url: str) -> None:
    with pytest.raises(SettingsError, match="KIRANA_SMTP_URL"):
        SmtpGateway(replace(SETTINGS, smtp_url=url))


def test_a_sender_without_address_is_told() -> None:
    with pytest.raises(SettingsError, match="KIRANA_MAIL_FROM"):
        SmtpGateway(replace(SETTINGS, mail_from="Kirana"))


def test_what_a_server_said_names_nobody() -> None:
    """It is kept in rows and logs that outlive the person."""
    with pytest.raises(PermanentFailure) as refused:
        mail._expect(2, 550, b"5.1.1 <Asha.Rao+x@mail.example.org>: no such user")
    assert str(refused.value) == "550 5.1.1 <(address)>: no such user"
    assert "asha" not in mail._describe(OSError("no route to asha@example.org"))
