"""Mail that is sent by SMTP is read on the page and through MailHog's API."""

import base64
import os
import re
import time
from email.message import EmailMessage

import pytest

from kirana.mailbox import pages
from kirana.mailbox.store import Entry, Envelope
from tests.mailbox.conftest import Mailbox

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def order_mail(csv: bytes = b"a,b\r\n1,2\r\n") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Kirana <shop@example.com>"
    mail["To"] = "asha@example.com, ravi@example.com"
    mail["Subject"] = "Your order № 12 – Äpfel <b>&"
    mail.set_content("Thank you, Åsa.\n")
    mail.add_alternative('<p>Thank you, <b>Åsa</b></p><img src="cid:leaf">', subtype="html")
    html = mail.get_payload()[1]
    html.add_related(PICTURE, "image", "png", cid="<leaf>")
    mail.add_attachment(csv, "application", "octet-stream", filename="prüfung 1.csv")
    return mail


def test_the_api_has_the_shape_of_mailhog(mailbox: Mailbox) -> None:
    mailbox.send(order_mail())
    answer = mailbox.ask("/api/v2/messages").json
    assert {key: answer[key] for key in ("total", "count", "start")} == {
        "total": 1,
        "count": 1,
        "start": 0,
    }
    item = answer["items"][0]
    assert set(item) == {"ID", "From", "To", "Content", "Created", "MIME", "Raw"}
    assert item["From"] == {
        "Relays": None,
        "Mailbox": "shop",
        "Domain": "example.com",
        "Params": "",
    }
    assert [to["Mailbox"] for to in item["To"]] == ["asha", "ravi"]
    assert set(item["Content"]) == {"Headers", "Body", "Size", "MIME"}
    assert item["Content"]["Headers"]["To"] == ["asha@example.com, ravi@example.com"]
    alternative, attachment = item["MIME"]["Parts"]
    assert alternative["Headers"]["Content-Type"][0].startswith("multipart/alternative")
    assert len(alternative["MIME"]["Parts"]) == 2
    assert attachment["Headers"]["Content-Type"] == ["application/octet-stream"]
    assert item["Raw"]["To"] == ["asha@example.com", "ravi@example.com"]
    assert item["Raw"]["Data"].startswith("From: Kirana")
    assert mailbox.ask(f"/api/v1/messages/{item['ID']}").json == item
    assert mailbox.ask("/api/v1/messages").json == [item]


def test_an_attachment_is_downloaded_byte_for_byte(mailbox: Mailbox) -> None:
    csv = os.urandom(200_000)
    mailbox.send(order_mail(csv))
    name = mailbox.newest()["ID"]
    answer = mailbox.ask(f"/api/v1/messages/{name}/mime/part/1/download")
    assert answer.body == csv
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "pr%C3%BCfung%201.csv" in answer.headers["Content-Disposition"]
    picture = mailbox.ask(f"/api/v1/messages/{name}/mime/part/0.1.1/download")
    assert picture.body == PICTURE
    assert mailbox.ask(f"/api/v1/messages/{name}/mime/part/7/download").status == 404


def test_the_source_is_what_was_sent(mailbox: Mailbox) -> None:
    raw = b"Subject: plain\r\nX-Long: a\r\n  b\r\n\r\nline one\r\n.dot\r\n"
    mailbox.send(raw, "one@example.com")
    item = mailbox.newest()
    source = mailbox.ask(f"/api/v1/messages/{item['ID']}/download")
    assert source.body == raw
    assert source.headers["Content-Type"] == "message/rfc822"
    assert item["Content"]["Headers"]["X-Long"] == ["a b"]
    assert item["MIME"] is None


def test_the_page_shows_each_view(mailbox: Mailbox) -> None:
    mailbox.send(order_mail())
    name = mailbox.newest()["ID"]
    home = mailbox.ask("/")
    assert "1 message" in home.text
    assert "Your order № 12 – Äpfel &lt;b&gt;&amp;" in home.text
    first = mailbox.ask(f"/messages/{name}").text
    assert re.search(r'<iframe [^>]*src="/messages/\w+/html" sandbox="allow-popups', first)
    assert "Thank you, Åsa." in mailbox.ask(f"/messages/{name}?view=text").text
    assert "multipart/alternative" in mailbox.ask(f"/messages/{name}?view=source").text
    parts = mailbox.ask(f"/messages/{name}?view=parts").text
    for href in re.findall(r'download href="([^"]+)"', parts):
        assert mailbox.ask(href).headers["Content-Disposition"].startswith("attachment;")
    assert "prüfung 1.csv" in parts


def test_the_html_of_a_mail_can_do_nothing(mailbox: Mailbox) -> None:
    mailbox.send(order_mail())
    frame = mailbox.ask(f"/messages/{mailbox.newest()['ID']}/html")
    policy = frame.headers["Content-Security-Policy"]
    assert "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert "<b>Åsa</b>" in frame.text
    assert f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}" in frame.text
    page = mailbox.ask("/")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "script-src" not in page.headers["Content-Security-Policy"]


def test_messages_are_searched_newest_first_and_page_by_page(mailbox: Mailbox) -> None:
    for number in range(5):
        mailbox.send(f"Subject: mail {number}\r\n\r\nhello".encode(), f"p{number}@example.com")
    mailbox.send(order_mail())
    page = mailbox.ask("/api/v2/messages?start=1&limit=2").json
    assert (page["total"], page["count"], page["start"]) == (6, 2, 1)
    assert [m["Content"]["Headers"]["Subject"] for m in page["items"]] == [["mail 4"], ["mail 3"]]

    def found(kind: str, query: str) -> int:
        total: int = mailbox.ask(f"/api/v2/search?kind={kind}&query={query}").json["total"]
        return total

    assert found("to", "p3@EXAMPLE.com") == 1
    assert found("from", "shop@") == 6
    assert found("from", "p3@") == 0
    assert found("containing", "%C3%85sa") == 1  # only in an encoded part
    assert mailbox.ask("/api/v2/search?kind=other&query=x").status == 400
    assert "1 message with" in mailbox.ask("/?query=order").text


def test_messages_are_deleted(mailbox: Mailbox) -> None:
    for number in range(3):
        mailbox.send(f"Subject: mail {number}\r\n\r\nhello".encode(), "one@example.com")
    names = [item["ID"] for item in mailbox.ask("/api/v1/messages").json]
    assert mailbox.ask(f"/api/v1/messages/{names[0]}", "DELETE").status == 200
    assert mailbox.ask(f"/api/v1/messages/{names[0]}").status == 404
    assert mailbox.ask(f"/messages/{names[1]}/delete", "POST").headers["Location"] == "/"
    assert [item["ID"] for item in mailbox.ask("/api/v1/messages").json] == names[2:]
    mailbox.ask("/delete-all", "POST")
    assert mailbox.ask("/api/v2/messages").json["total"] == 0
    assert "No mail yet" in mailbox.ask("/").text


def test_foreign_pages_and_names_are_refused(mailbox: Mailbox) -> None:
    mailbox.send(b"Subject: keep me\r\n\r\nhello", "one@example.com")
    assert mailbox.ask("/", Host="attacker.example:8025").status == 403
    foreign = mailbox.ask("/delete-all", "POST", Origin="https://attacker.example")
    assert foreign.status == 403
    assert mailbox.ask("/delete-all", "POST", Sec_Fetch_Site="cross-site").status == 403
    assert mailbox.ask("/api/v2/messages").json["total"] == 1


def test_messages_outlive_the_process(mailbox: Mailbox) -> None:
    mailbox.send(order_mail())
    before = mailbox.newest()
    mailbox.restart()
    assert mailbox.newest() == before


def test_strange_mail_is_shown_all_the_same(mailbox: Mailbox) -> None:
    strange = (
        b"",
        b"no header at all",
        b"Subject: =?nonsense?b?!!?=\r\nContent-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: text/html; charset=martian\r\n\r\n<p>caf\xc3\xa9",
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhello\r\n--b--\r\n",
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!not base64!!!",
    )
    for raw in strange:
        mailbox.send(raw, "one@example.com")
    items = mailbox.ask("/api/v1/messages").json
    assert len(items) == len(strange)
    for item in items:
        for view in ("html", "text", "source", "parts"):
            assert mailbox.ask(f"/messages/{item['ID']}?view={view}").status == 200
        assert mailbox.ask(f"/messages/{item['ID']}/html").status == 200


def test_unknown_addresses_and_methods(mailbox: Mailbox) -> None:
    assert mailbox.ask("/nothing").status == 404
    assert mailbox.ask("/messages/abc").status == 404
    assert mailbox.ask("/messages/../../etc/passwd").status == 404
    assert mailbox.ask("/api/v1/messages", "PUT").status == 405
    head = mailbox.ask("/", "HEAD")
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize(
    ("zone", "shown"), [("UTC", "08:30:00 UTC"), ("Asia/Kolkata", "14:00:00 IST")]
)
def test_a_time_says_its_zone(zone: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    envelope = Envelope("a@shop.example", ("b@shop.example",), "", "2026-11-23T08:30:00Z")
    entry = Entry("1", envelope, "Hello", 10)
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        texts = (
            pages.listing([entry], pages.Listing(1, 0, 50, "")),
            pages.message(entry, b"Subject: Hello\n\nHi", ""),
        )
    time.tzset()
    assert all(f"23 Nov 2026, {shown}</time>" in text for text in texts)
