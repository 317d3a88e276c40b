"""The newest messages: one file each, an index in memory."""

import contextlib
import json
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from pathlib import Path

MOST_MESSAGES = 1000
MOST_BYTES = 512 << 20
HEAD_BYTES = 64 << 10
SUFFIX = ".mail"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What SMTP said about a message, beside the message itself."""

    sender: str
    recipients: tuple[str, ...]
    helo: str
    created: str  # RFC 3339, UTC


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as the list shows it."""

    id: str
    envelope: Envelope
    subject: str
    size: int


class Store:
    """Messages in ``folder``, oldest dropped first. Ids are made of hex digits and sort by age."""

    def __init__(self, folder: Path, most: int = MOST_MESSAGES, most_bytes: int = MOST_BYTES):
        self._folder, self._most, self._most_bytes = folder, most, most_bytes
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._entries: dict[str, Entry] = {}
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                self._entries[path.stem] = _entry_of(path)
        self._prune()

    def add(self, sender: str, recipients: Sequence[str], helo: str, raw: bytes) -> Entry:
        """Keep a message; it is on the disk when this returns."""
        created = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        envelope = Envelope(sender, tuple(recipients), helo, created)
        name = f"{time.time_ns():016x}{secrets.token_hex(4)}"
        draft = self._folder / f"{name}.draft"
        draft.write_bytes(json.dumps(asdict(envelope)).encode() + b"\n" + raw)
        os.replace(draft, self._path(name))
        self._entries[name] = entry = Entry(name, envelope, _subject(raw), len(raw))
        self._prune()
        return entry

    def newest(self) -> Iterator[Entry]:
        """All entries, newest first."""
        return reversed(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, name: str) -> Entry | None:
        return self._entries.get(name)

    def raw(self, entry: Entry) -> bytes:
        """The message as it came, headers and body."""
        return self._path(entry.id).read_bytes().partition(b"\n")[2]

    def delete(self, name: str) -> bool:
        """Drop a message; False if there is none of that name."""
        if self._entries.pop(name, None) is None:
            return False
        self._path(name).unlink(missing_ok=True)
        return True

    def clear(self) -> None:
        for name in list(self._entries):
            self.delete(name)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{SUFFIX}"

    def _prune(self) -> None:
        kept = sum(entry.size for entry in self._entries.values())
        for entry in list(self._entries.values()):
            if len(self._entries) <= self._most and kept <= self._most_bytes:
                return
            kept -= entry.size
            self.delete(entry.id)


def _entry_of(path: Path) -> Entry:
    with path.open("rb") as file:
        first = file.readline()
        head = file.read(HEAD_BYTES)
    told = json.loads(first)
    envelope = Envelope(**{**told, "recipients": tuple(told["recipients"])})
    return Entry(path.stem, envelope, _subject(head), path.stat().st_size - len(first))


def _subject(raw: bytes) -> str:
    """The subject as a person reads it, however it was written."""
    told = BytesHeaderParser().parsebytes(raw[:HEAD_BYTES]).get("Subject", "")
    try:
        text = str(make_header(decode_header(told)))
    except (HeaderParseError, LookupError, ValueError):
        text = str(told)
    return " ".join(text.split())
