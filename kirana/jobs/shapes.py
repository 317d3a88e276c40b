"""Jobs as they are asked for, worked on and shown."""

from datetime import datetime
from typing import Any, Literal

import msgspec

JobState = Literal["queued", "running", "done", "failed", "cancelled", "expired"]


class NewJob(msgspec.Struct, frozen=True):
    """What somebody wants done. Equal ones within a minute are one job."""

    kind: str
    store_id: int | None = None
    params: dict[str, Any] = {}


class JobKey(msgspec.Struct, frozen=True):
    """A job by its inner and its outer name."""

    id: int
    uid: str
    is_new: bool


class ClaimedJob(msgspec.Struct, frozen=True):
    """A job whose lease this worker holds; every write names ``attempt``."""

    id: int
    uid: str
    kind: str
    requester_id: int
    store_id: int | None
    attempt: int
    cursor: str
    bytes: int
    rows_done: int
    file: str | None
    snapshot_at: datetime


class Progress(msgspec.Struct, frozen=True):
    """How far a job is certain: its file, if it makes one, holds ``bytes`` on the disk."""

    cursor: str
    bytes: int
    rows_done: int
    rows_total: int
    file: str | None


class Result(msgspec.Struct, frozen=True):
    """What a finished job leaves; not every one a file."""

    file: str | None
    sha256: str | None
    bytes: int
    rows_done: int


class JobView(msgspec.Struct, frozen=True):
    """A job as its requester sees it. ``file`` is where to fetch what it made."""

    uid: str
    kind: str
    state: JobState
    percent: int
    rows_done: int
    rows_total: int | None
    seconds_left: int | None
    error: str | None
    file: str | None
    can_cancel: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
