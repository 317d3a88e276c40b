"""Messages taken apart: MailHog's JSON, and what the page shows."""

import base64
import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from typing import Any
from urllib.parse import unquote

from kirana.mailbox.store import Entry

_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_NEXT_HEADER = re.compile(rb"\r?\n(?![ \t])")
_CID = re.compile(r"cid:([^\"'\s)>]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of a message. ``path`` counts from the top: ``1`` or, deeper, ``0.1``."""

    path: str
    content_type: str
    file_name: str
    content: bytes
    content_id: str
    is_attachment: bool


def parse(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, _class=EmailMessage, policy=SMTP)


def parts(message: EmailMessage) -> list[Part]:
    """All leaves in order; a message without parts is its own part ``0``."""
    return [_part(path, leaf) for path, leaf in _leaves(message, "")]


def _leaves(message: MIMEPart, path: str) -> Iterator[tuple[str, MIMEPart]]:
    if not message.is_multipart() or message.get_content_maintype() == "message":
        yield path or "0", message
        return
    for number, child in enumerate(message.iter_parts()):
        yield from _leaves(child, f"{path}.{number}" if path else str(number))


def _part(path: str, leaf: MIMEPart) -> Part:
    content = leaf.get_payload(decode=True)
    if not isinstance(content, bytes):  # a message within the message
        content = b"\r\n".join(inner.as_bytes() for inner in leaf.iter_parts())
    return Part(
        path=path,
        content_type=leaf.get_content_type(),
        file_name=leaf.get_filename() or "",
        content=content,
        content_id=str(leaf.get("Content-ID", "")).strip("<> "),
        is_attachment=leaf.get_content_disposition() == "attachment",
    )


def find_part(message: EmailMessage, path: str) -> Part | None:
    """The leaf at ``path``; a whole branch is given as its source."""
    for part in parts(message):
        if part.path == path:
            return part
    branch: MIMEPart = message
    for number in path.split("."):
        children = list(branch.iter_parts()) if branch.is_multipart() else []
        if not number.isdecimal() or int(number) >= len(children):
            return None
        branch = children[int(number)]
    return Part(path, branch.get_content_type(), "", branch.as_bytes(), "", False)


def body(message: EmailMessage, kind: str) -> str:
    """The text of the ``html`` or ``plain`` alternative; empty if there is none."""
    leaf = message.get_body((kind,))
    if leaf is None or leaf.get_content_subtype() != kind:
        return ""
    content = leaf.get_payload(decode=True)
    charset = leaf.get_content_charset("utf-8")
    try:
        return content.decode(charset, "replace") if isinstance(content, bytes) else ""
    except LookupError:
        return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""


def html_with_pictures(message: EmailMessage) -> str:
    """The HTML with its ``cid:`` pictures put in, since it may load nothing."""
    pictures = {part.content_id: part for part in parts(message) if part.content_id}

    def data_address(match: re.Match[str]) -> str:
        part = pictures.get(unquote(match[1]))
        if part is None or not part.content_type.startswith("image/"):
            return match[0]
        return f"data:{part.content_type};base64,{base64.b64encode(part.content).decode()}"

    return _CID.sub(data_address, body(message, "html"))


# ---- MailHog's JSON


def as_mailhog(entry: Entry, raw: bytes) -> dict[str, Any]:
    """The message in the shape of MailHog's API."""
    envelope = entry.envelope
    content = _content(raw)
    content["Headers"].setdefault("Return-Path", [f"<{envelope.sender}>"])
    return {
        "ID": entry.id,
        "From": _path(envelope.sender),
        "To": [_path(recipient) for recipient in envelope.recipients],
        "Content": content,
        "Created": envelope.created,
        "MIME": _mime(parse(raw)),
        "Raw": {
            "From": envelope.sender,
            "To": list(envelope.recipients),
            "Data": _text(raw),
            "Helo": envelope.helo,
        },
    }


def _path(address: str) -> dict[str, Any]:
    mailbox, _, domain = address.rpartition("@")
    return {"Relays": None, "Mailbox": mailbox, "Domain": domain, "Params": ""}


def _mime(message: MIMEPart) -> dict[str, Any] | None:
    if not message.is_multipart():
        return None
    children = list(message.iter_parts())
    return {"Parts": [{**_content(part.as_bytes()), "MIME": _mime(part)} for part in children]}


def _content(raw: bytes) -> dict[str, Any]:
    """Headers and body as they came, nothing decoded."""
    head, *rest = _BLANK_LINE.split(raw, maxsplit=1)
    headers: dict[str, list[str]] = {}
    for line in _NEXT_HEADER.split(head):
        name, colon, value = line.partition(b":")
        if colon:
            unfolded = b" ".join(value.split())
            headers.setdefault(_text(name), []).append(_text(unfolded))
    content = b"".join(rest)
    return {"Headers": headers, "Body": _text(content), "Size": len(content), "MIME": None}


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def readable(entry: Entry, raw: bytes) -> str:
    """All that a search looks through: the source, and what is encoded in it."""
    message = parse(raw)
    people = " ".join((entry.envelope.sender, *entry.envelope.recipients))
    said = (entry.subject, people, body(message, "plain"), body(message, "html"), _text(raw))
    return "\n".join(said)
