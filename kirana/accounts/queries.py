"""The reads about people."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, ScalarSelect, Select, bindparam, or_, select

from kirana.accounts.models import Account, AccountEvent, Address, Approval, Session
from kirana.accounts.permissions import Permission
from kirana.accounts.shapes import (
    AddressView,
    Application,
    ApplicationsQuery,
    Me,
    Move,
    PeopleQuery,
    Person,
    PersonDetail,
)
from kirana.accounts.states import MAY_SIGN_IN
from kirana.platform import clock, paging
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import NotFound
from kirana.platform.paging import Page
from kirana.platform.prepared import Prepared
from kirana.platform.tables import Id, UtcDateTime
from kirana.platform.tokens import AccessClaims

# The stores where an account works, as text: a column that an upper slice gives (``app.py``).
Places = ScalarSelect[Any]
DEMO_DOMAIN = "kirana.test"
_PERSON = (
    Account.uid, Account.email, Account.name, Account.role, Account.status, Account.created_at,
    Account.erase_at,
)  # fmt: skip
_ADDRESS = (
    Address.uid, Address.name, Address.phone, Address.street, Address.city, Address.postcode,
)  # fmt: skip


@query
def find_caller(connection: Connection, claims: AccessClaims, places: Places) -> Any | None:
    """The account behind a live session with its ``places``, one statement.

    None once either has ended.
    """
    claimed = {"session": claims.session_uid, "version": claims.token_version}
    return _caller(places).one_or_none(connection, {**claimed, "now": clock.utc_now()})


@cache
def _caller(places: Places) -> Prepared:
    """Every request of somebody signed in sends it."""
    person = Account.uid, Account.email, Account.name, Account.role, Account.status, Account.id
    columns = (*person, Session.id.label("session_id"), places.label("places"))
    now, version = bindparam("now", type_=UtcDateTime), bindparam("version", type_=Id)
    is_live = (
        Session.uid == bindparam("session"), Session.ended_at.is_(None), Session.expires_at > now,
        Session.token_version == version, Account.token_version == version,
        or_(*(Account.status == each for each in MAY_SIGN_IN)),
    )  # fmt: skip
    found = select(*columns).join(Account, Account.id == Session.account_id)
    return Prepared(found.where(*is_live))


@query
def find_credentials(connection: Connection, email: str) -> Row[*tuple[Any, ...]] | None:
    columns = (Account.id, Account.password_hash)
    return connection.execute(select(*columns).where(Account.email == email)).one_or_none()


@query
def find_own_credentials(connection: Connection, actor: Actor) -> Row[*tuple[Any, ...]]:
    columns = (Account.id, Account.password_hash)
    return connection.execute(select(*columns).where(Account.id == actor.me())).one()


@query
def get_me(connection: Connection, actor: Actor) -> Me:
    """The caller's own account."""
    columns = (*_PERSON, Account.locale, Account.zone, Account.wants_report)
    row = connection.execute(select(*columns).where(Account.id == actor.me())).one()
    return Me(**row._mapping, permissions=sorted(actor.permissions))


@query
def list_addresses(connection: Connection, actor: Actor) -> list[AddressView]:
    """The caller's addresses, newest first."""
    find = select(*_ADDRESS).where(Address.account_id == actor.me()).order_by(Address.id.desc())
    return [AddressView(**row._mapping) for row in connection.execute(find)]


@query
def find_own_application(connection: Connection, actor: Actor) -> Application | None:
    """The caller's latest application; None for who never applied."""
    find = _applications().where(Approval.account_id == actor.me())
    row = connection.execute(find.order_by(Approval.id.desc()).limit(1)).one_or_none()
    return _application(row) if row is not None else None


@query
def get_own_application(connection: Connection, actor: Actor) -> Application:
    """The caller's latest application. Raises NotFound."""
    found = find_own_application(actor)
    if found is None:
        raise NotFound
    return found


@query
def list_applications(
    connection: Connection, actor: Actor, wanted: ApplicationsQuery
) -> Page[Application]:
    """Managers' applications, newest first. Raises Forbidden."""
    actor.require(Permission.READ_APPROVALS)
    find = _applications()
    if wanted.status is not None:
        find = find.where(Approval.status == wanted.status)
    rows = _page_of(connection, find, Approval.id, wanted)
    return paging.to_page(rows, wanted.limit, _application, lambda row: [row.id])


@query
def get_application(connection: Connection, actor: Actor, uid: str) -> Application:
    """One application. Raises NotFound, Forbidden."""
    actor.require(Permission.READ_APPROVALS)
    row = connection.execute(_applications().where(Approval.uid == uid)).one_or_none()
    if row is None:
        raise NotFound
    return _application(row)


@query
def list_people(connection: Connection, actor: Actor, wanted: PeopleQuery) -> Page[Person]:
    """Accounts by role, status and a piece of name or address; newest first. Raises Forbidden."""
    actor.require(Permission.READ_PEOPLE)
    find = select(Account.id, *_PERSON)
    if wanted.role is not None:
        find = find.where(Account.role == wanted.role)
    if wanted.status is not None:
        find = find.where(Account.status == wanted.status)
    if wanted.q:
        in_name = Account.name.icontains(wanted.q, autoescape=True)
        find = find.where(or_(in_name, Account.email.icontains(wanted.q, autoescape=True)))
    rows = _page_of(connection, find, Account.id, wanted)
    return paging.to_page(rows, wanted.limit, _person, lambda row: [row.id])


@query
def get_person(connection: Connection, actor: Actor, uid: str) -> PersonDetail:
    """An account with its history. Raises NotFound, Forbidden."""
    actor.require(Permission.READ_PEOPLE)
    find = select(Account.id, *_PERSON).where(Account.uid == uid)
    row = connection.execute(find).one_or_none()
    if row is None:
        raise NotFound
    columns = (
        AccountEvent.from_status, AccountEvent.to_status, AccountEvent.reason, AccountEvent.at,
    )  # fmt: skip
    moves = select(*columns).where(AccountEvent.account_id == row.id).order_by(AccountEvent.id)
    history = [Move(**move._mapping) for move in connection.execute(moves)]
    return PersonDetail(_person(row), history)


@query
def has_accounts(connection: Connection) -> bool:
    """Whether anybody has an account yet."""
    return connection.execute(select(Account.id).limit(1)).first() is not None


@query
def has_demo_logins(connection: Connection) -> bool:
    """Whether somebody of the demo shop has an account here; ``.test`` addresses are nobody's."""
    demo = select(Account.id).where(Account.email.like(f"%@{DEMO_DOMAIN}")).limit(1)
    return connection.execute(demo).first() is not None


def _page_of(
    connection: Connection,
    find: Select[*tuple[Any, ...]],
    key: Any,
    wanted: PeopleQuery | ApplicationsQuery,
) -> Sequence[Row[*tuple[Any, ...]]]:
    if wanted.cursor is not None:
        find = find.where(key < paging.decode_cursor(wanted.cursor, (int,))[0])
    return connection.execute(find.order_by(key.desc()).limit(wanted.limit + 1)).all()


def _applications() -> Select[*tuple[Any, ...]]:
    columns = (
        Approval.id, Approval.uid.label("approval_uid"), Approval.wished_store,
        Approval.status.label("approval_status"), Approval.reason, Approval.decided_at,
        Approval.created_at.label("asked_at"),
    )  # fmt: skip
    return select(*columns, *_PERSON).join(Account, Account.id == Approval.account_id)


def _application(row: Row[*tuple[Any, ...]]) -> Application:
    return Application(
        uid=row.approval_uid,
        applicant=_person(row),
        wished_store=row.wished_store,
        status=row.approval_status,
        reason=row.reason,
        created_at=row.asked_at,
        decided_at=row.decided_at,
    )


def _person(row: Row[*tuple[Any, ...]]) -> Person:
    return Person(row.uid, row.email, row.name, row.role, row.status, row.created_at, row.erase_at)
