"""The disk of a recorded process as it may look after the power went at any moment.

What counts as written: each file as of its last fsync, and of the folder (files made and removed)
what it held at its own last fsync. Of what came later, writes and truncations are each kept,
dropped or, sector by sector, both; of the changes to the folder the first few are there.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal

HEAD = struct.Struct("<cBQI")
FOLDER = "."
SECTORS = (512, 4096)
# How unsynced writes fare at one cut: the odds of kept, dropped, torn.
MOODS = ((1, 1, 1), (1, 0, 0), (0, 1, 0), (8, 1, 1), (1, 8, 1))

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Event:
    """One change of a file, named by what follows the database's own path."""

    kind: Literal["c", "w", "t", "s", "u"]
    name: str
    offset: int
    data: bytes


@dataclass(slots=True)
class _File:
    """The bytes that the disk holds for certain, and the changes that it may yet lose."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Event] = field(default_factory=list)

    def settle(self) -> None:
        for event in self.pending:
            _apply(self.durable, event)
        self.pending.clear()

    def cut(self, random: Random, odds: Sequence[int], sector: int) -> bytes:
        left = bytearray(self.durable)
        for event in self.pending:
            fate = random.choices(("kept", "dropped", "torn"), odds)[0]
            if fate == "torn" and event.kind == "w":
                for piece in _sectors(event, sector):
                    if random.random() < 0.5:
                        _apply(left, piece)
            elif fate != "dropped":
                _apply(left, event)
        return bytes(left)


class Disk:
    """What the files are, as the process saw them and as a power cut would leave them."""

    def __init__(self, start: Files) -> None:
        self._names = {name: _File(bytearray(data)) for name, data in start.items()}
        self._durable_names = dict(self._names)
        self._moves: list[tuple[str, _File | None]] = []

    def happen(self, event: Event) -> None:
        if event.kind == "c":
            self._names[event.name] = _File()
            self._moves.append((event.name, self._names[event.name]))
        elif event.kind == "u":
            del self._names[event.name]
            self._moves.append((event.name, None))
        elif event.kind != "s":
            self._names[event.name].pending.append(event)
        elif event.name == FOLDER:
            _move(self._durable_names, self._moves)
            self._moves.clear()
        else:
            self._names[event.name].settle()

    def seen(self) -> Files:
        """The files as the process itself reads them. Nothing may happen afterwards."""
        for file in self._names.values():
            file.settle()
        return {name: bytes(file.durable) for name, file in self._names.items()}

    def cut(self, random: Random) -> Files:
        """The files as they may be found after a power cut now."""
        names = dict(self._durable_names)
        _move(names, self._moves[: random.randint(0, len(self._moves))])
        odds, sector = random.choice(MOODS), random.choice(SECTORS)
        return {name: file.cut(random, odds, sector) for name, file in names.items()}


def read_events(log: Path) -> list[Event]:
    """What recorder.c wrote."""
    raw = log.read_bytes()
    events, place = [], 0
    while place < len(raw):
        kind, name_size, offset, size = HEAD.unpack_from(raw, place)
        place += HEAD.size
        name = raw[place : place + name_size].decode()
        place += name_size
        data = raw[place : place + size]
        place += size
        events.append(Event(kind.decode(), name, offset, data))
    return events


def _apply(content: bytearray, event: Event) -> None:
    if event.kind == "t":
        del content[event.offset :]
    content.extend(bytes(max(0, event.offset - len(content))))
    content[event.offset : event.offset + len(event.data)] = event.data


def _sectors(event: Event, size: int) -> Iterator[Event]:
    """The write in pieces that each lie in one sector of the file."""
    place, end = event.offset, event.offset + len(event.data)
    while place < end:
        upto = min(end, (place // size + 1) * size)
        piece = event.data[place - event.offset : upto - event.offset]
        yield Event("w", event.name, place, piece)
        place = upto


def _move(names: dict[str, _File], moves: Sequence[tuple[str, _File | None]]) -> None:
    for name, file in moves:
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file
