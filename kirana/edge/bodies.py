"""The body gate: a request with a body is read whole before anybody works on it.

A thread that reads waits for its client. At most half of a process's threads may do so at once;
the others go on serving what has no body. A client that pauses or takes too long is cut off.
"""

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kirana.edge.connections import Silence, stop_reading
from kirana.platform.errors import BadRequest, ShopError, Unavailable
from kirana.platform.networks import caller_of
from kirana.platform.settings import Settings

# A picture of 5 MB and the form around it; JSON bodies have a smaller limit of their own.
LARGEST_BODY = 6 * 1024 * 1024
# Pairs of a form without files; with files Flask counts the parts.
LARGEST_FORM = 256 * 1024
MOST_FIELDS = 1000
# So much is taken in and thrown away, else a client still sending would never see the answer.
_LARGEST_DISCARDED = 32 * 1024 * 1024
_PIECE = 256 * 1024
# Seconds. Readers younger than this will be gone at once: an honest crowd is worth a short wait.
_MOMENT = 0.5
_CLOCK_SLACK = 1.0

Environ = dict[str, Any]


class LengthRequired(ShopError):
    status = 411
    code = "length_required"
    message = "Send the body with a Content-Length."


class Incomplete(ShopError):
    """It was cut off for being slow, or the client ended it early."""

    status = 408
    code = "request_timeout"
    message = "The body did not come in full in time."


class BodyTooLarge(ShopError):
    status = 413
    code = "body_too_large"
    message = "The body is too large."


class Busy(Unavailable):
    code = "busy"
    message = "Too many uploads at once. Please try again in a moment."

    def __init__(self) -> None:
        super().__init__(retry_after=2)


REFUSALS = (LengthRequired, Incomplete, BodyTooLarge, Busy)


@dataclass(slots=True, eq=False)
class _Reading:
    """One thread at one body."""

    address: str
    port: str
    caller: str
    began: float

    @property
    def age(self) -> float:
        return time.monotonic() - self.began


class BodyGate:
    """Reads the bodies of one process, each in at most ``body_seconds``."""

    def __init__(self, settings: Settings) -> None:
        self._permits = max(1, settings.threads // 2)
        self._most_of_one = max(1, self._permits - 1)
        self._changed = threading.Condition()
        self._pause, self._longest = settings.body_pause_seconds, settings.body_seconds
        self._readings: list[_Reading] = []
        self._is_reading = threading.Event()
        self._lock = threading.Lock()
        self._watcher: threading.Thread | None = None

    def take_in(self, environ: Environ, peer: str) -> None:
        """Put the whole body into ``environ["wsgi.input"]``; ``peer`` is who the line leads to.

        One that is too large is thrown away; of a multipart form the form's own page tells it.
        Raises BadRequest, LengthRequired, Busy, Incomplete or BodyTooLarge.
        """
        length = _announced(environ)
        if length == 0:
            return
        if length > _LARGEST_DISCARDED:
            raise BodyTooLarge
        with self._permit(environ, peer):
            data, size = _read(environ["wsgi.input"], length)
            if size < length:
                raise Incomplete
        kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
        if kind == "application/x-www-form-urlencoded":
            is_too_large = length > LARGEST_FORM or data.count(b"&") >= MOST_FIELDS
        else:
            is_too_large = length > LARGEST_BODY and kind != "multipart/form-data"
        if is_too_large:
            raise BodyTooLarge
        environ["wsgi.input"] = io.BytesIO(data)

    @contextmanager
    def _permit(self, environ: Environ, peer: str) -> Iterator[None]:
        """One of the permits; where there are several, one caller never has them all."""
        caller = caller_of(environ.get("REMOTE_ADDR", ""))
        reading = _Reading(peer, environ.get("SERVER_PORT", ""), caller, time.monotonic())
        with self._changed:
            is_honest_crowd = all(each.age < _MOMENT for each in self._readings)
            patience = _MOMENT if is_honest_crowd else 0
            if not self._changed.wait_for(lambda: self._has_room(caller), patience):
                raise Busy
            reading.began = time.monotonic()
            self._readings.append(reading)
        self._watch()
        try:
            yield
        finally:
            with self._changed:
                self._readings.remove(reading)
                self._changed.notify_all()

    def _has_room(self, caller: str) -> bool:
        of_caller = sum(each.caller == caller for each in self._readings)
        return len(self._readings) < self._permits and of_caller < self._most_of_one

    # ---- clients that keep a thread waiting

    def _watch(self) -> None:
        self._is_reading.set()
        if self._watcher is None:  # not before the first body: a thread does not survive a fork
            with self._lock:
                if self._watcher is None:
                    self._watcher = threading.Thread(target=self._keep_watching, daemon=True)
                    self._watcher.start()

    def _keep_watching(self) -> None:
        while self._is_reading.wait():
            time.sleep(min(1.0, self._pause / 4))
            for reading in tuple(self._readings):
                self._hurry(reading)
            self._is_reading.clear()
            if self._readings:
                self._is_reading.set()

    def _hurry(self, reading: _Reading) -> None:
        """Cut the client off if it pauses or has had its time.

        Which of the connections from there it is, nobody tells: it is one that was answered
        nothing since the reading began.
        """
        age = reading.age
        if age < self._pause:
            return

        def is_too_slow(silence: Silence) -> bool:
            has_paused = silence.come_in >= self._pause or age >= self._longest
            return has_paused and silence.out >= age - _CLOCK_SLACK

        stop_reading(reading.address, reading.port, is_too_slow)


def _announced(environ: Environ) -> int:
    """The length of the body. Raises BadRequest, LengthRequired."""
    text = environ.get("CONTENT_LENGTH") or ""
    if environ.get("HTTP_TRANSFER_ENCODING"):
        if text:  # two lengths: whoever stands between us may have believed the other one
            raise BadRequest("A body has either a Content-Length or a Transfer-Encoding.")
        # The server does not tell a body in pieces that was cut short from a whole one.
        raise LengthRequired
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise BadRequest("The Content-Length is not a number.")
    return int(text)


def _read(body: Any, length: int) -> tuple[bytes, int]:
    """The body (empty if it is too large) and how many bytes of it came."""
    pieces: list[bytes] = []
    size = 0
    while size < length and (piece := body.read(min(length - size, _PIECE))):
        size += len(piece)
        if length <= LARGEST_BODY:
            pieces.append(bytes(piece))
    return b"".join(pieces), size
