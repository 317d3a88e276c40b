"""One key, one effect: the first answer is stored with the effect and replayed byte for byte."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import (
    Connection,
    LargeBinary,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from kirana.platform import clock, columns
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.errors import BadRequest, Forbidden, Invalid, OutcomeUnknown
from kirana.platform.inserts import insert_new
from kirana.platform.prepared import Prepared
from kirana.platform.purging import purge_rows
from kirana.platform.tables import ByteOrdered, Json, Model

KEPT = timedelta(hours=72)
HEADER = "Idempotency-Key"
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')


class Idempotency(Model):
    """A key claimed by its owner, with the answer of the effect it stands for."""

    __tablename__ = "idempotency"
    __table_args__ = (UniqueConstraint("owner", "key"),)

    owner: Mapped[str] = mapped_column(ByteOrdered)
    key: Mapped[str] = mapped_column(ByteOrdered)
    fingerprint: Mapped[str] = mapped_column(String(64))
    rights: Mapped[list[str]] = mapped_column(Json, default=list)
    status: Mapped[int] = mapped_column(default=0)
    headers: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    body: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    created_at: Mapped[datetime] = columns.moment(index=True)


_MINE = and_(Idempotency.owner == bindparam("of_owner"), Idempotency.key == bindparam("of_key"))
_TELL = Prepared(
    update(Idempotency)
    .where(_MINE)
    .values(
        status=bindparam("told_status"),
        headers=bindparam("told_headers", type_=Json),
        body=bindparam("told_body", type_=LargeBinary),
    )
)


class KeyMissing(BadRequest):
    code = "idempotency_key_missing"
    message = "This request needs an Idempotency-Key header."


class KeyReused(Invalid):
    code = "idempotency_key_reused"
    message = "This Idempotency-Key was used for another request."


class RightsChanged(Forbidden):
    code = "rights_changed"
    message = "That was done under other rights than you have now. Please look at it anew."


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer as bytes, as it was first given."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose key, and which request under which rights it stands for.

    ``fingerprint`` is a SHA-256 in hex.
    """

    owner: str
    key: str
    fingerprint: str
    rights: list[str]

    @classmethod
    def of(cls, actor: Actor, key: str, *parts: bytes) -> "Claim":
        """Raises BadRequest unless the key is 1 to 255 printable ASCII characters."""
        if not (1 <= len(key) <= 255 and key.isascii() and key.isprintable()):
            raise BadRequest("An Idempotency-Key has 1 to 255 printable ASCII characters.")
        print_ = hashlib.sha256()
        for part in parts:
            print_.update(len(part).to_bytes(8, "big") + part)
        return cls(actor.owner_key, key, print_.hexdigest(), actor.rights)


def once(claim: Claim, act: Callable[[], Stored]) -> Stored:
    """Run ``act`` in one transaction with its key unless that was used: then replay its answer.

    A twin waits on the unique index (or the write lock) and then replays. A refusal (any
    exception) rolls back with its key and may be tried again. Raises KeyReused, OutcomeUnknown,
    and RightsChanged where the caller lacks a right that they had the first time: what they may
    see was judged by those.
    """
    try:
        return _once(claim, act)
    except OutcomeUnknown:  # the key knows whether it was done
        return _once(claim, act)


@verb
def _once(connection: Connection, claim: Claim, act: Callable[[], Stored]) -> Stored:
    row = {
        "owner": claim.owner, "key": claim.key, "fingerprint": claim.fingerprint,
        "rights": claim.rights, "status": 0, "headers": {}, "body": b"",
        "created_at": clock.asked(connection),
    }  # fmt: skip
    is_first = insert_new(connection, Idempotency, [row], Idempotency.created_at)
    if not is_first:
        return _replay(connection, claim)
    clock.told(connection, is_first[0].created_at)
    answer = act()
    told = {"told_status": answer.status, "told_headers": answer.headers, "told_body": answer.body}
    _TELL.count(connection, {"of_owner": claim.owner, "of_key": claim.key, **told})
    return answer


def _replay(connection: Connection, claim: Claim) -> Stored:
    find = select(Idempotency.__table__).where(_MINE)
    row = connection.execute(find, {"of_owner": claim.owner, "of_key": claim.key}).one()
    if row.fingerprint != claim.fingerprint:
        raise KeyReused
    if not set(row.rights) <= set(claim.rights):
        raise RightsChanged
    return Stored(row.status, row.body, dict(row.headers), replayed=True)


def purge() -> int:
    """Forget keys older than 72 hours; returns how many."""
    return purge_rows(Idempotency.created_at, KEPT)


def blank_answers(connection: Connection, about: Iterable[str]) -> None:
    """Empty everybody's stored answers that hold one of these texts; the keys stay used up."""
    wanted = {msgspec.json.encode(text) for text in about}
    find = select(Idempotency.id, Idempotency.body).execution_options(yield_per=200)
    rows = connection.execute(find)
    told = [row.id for row in rows if not wanted.isdisjoint(_TEXT.findall(row.body))]
    blanking = update(Idempotency).where(Idempotency.id.in_(told))
    connection.execute(blanking.values(body=b"", headers={}))


def forget_keys(connection: Connection, owner: str) -> None:
    """Forget the keys of one owner, with the answers that were stored."""
    connection.execute(delete(Idempotency).where(Idempotency.owner == owner))
