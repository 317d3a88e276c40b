"""The addresses that a person keeps."""

from collections.abc import Callable

from sqlalchemy import Connection, delete, func, insert, select, update

from kirana.accounts.errors import TooManyAddresses
from kirana.accounts.models import Account, Address
from kirana.accounts.shapes import AddressDetails, AddressView
from kirana.platform import audit, clock, texts
from kirana.platform.access import Actor
from kirana.platform.columns import new_uid
from kirana.platform.db import verb
from kirana.platform.errors import NotFound

MOST_ADDRESSES = 20


@verb
def add_address(connection: Connection, actor: Actor, details: AddressDetails) -> AddressView:
    """Keep another address of the caller. Raises Invalid, TooManyAddresses."""
    values = clean_address(details)
    connection.execute(select(Account.id).where(Account.id == actor.me()).with_for_update())
    count = select(func.count()).where(Address.account_id == actor.me())
    if connection.execute(count).scalar_one() >= MOST_ADDRESSES:
        raise TooManyAddresses
    uid, now = new_uid(), clock.now(connection)
    adding = insert(Address).values(uid=uid, account_id=actor.me(), created_at=now, **values)
    connection.execute(adding)
    audit.record(connection, actor, "address.added", ("address", uid))
    return AddressView(uid, **values)


@verb
def change_address(
    connection: Connection, actor: Actor, uid: str, details: AddressDetails
) -> AddressView:
    """Replace one of the caller's addresses. Raises NotFound, Invalid."""
    values = clean_address(details)
    mine = (Address.account_id == actor.me()) & (Address.uid == uid)
    if connection.execute(update(Address).where(mine).values(**values)).rowcount != 1:
        raise NotFound
    audit.record(connection, actor, "address.changed", ("address", uid))
    return AddressView(uid, **values)


@verb
def remove_address(connection: Connection, actor: Actor, uid: str) -> None:
    """Forget one of the caller's addresses; orders keep their copy. Raises NotFound."""
    mine = (Address.account_id == actor.me()) & (Address.uid == uid)
    if connection.execute(delete(Address).where(mine)).rowcount != 1:
        raise NotFound
    audit.record(connection, actor, "address.removed", ("address", uid))


def clean_address(details: AddressDetails) -> dict[str, str]:
    """The details as they are stored. Raises Invalid with every error."""
    checks: dict[str, Callable[[], str]] = {
        "name": lambda: texts.person_name(details.name),
        "phone": lambda: texts.phone_number(details.phone),
        "street": lambda: texts.one_line(details.street, "/street", 200),
        "city": lambda: texts.one_line(details.city, "/city", 80),
        "postcode": lambda: texts.one_line(details.postcode, "/postcode", 16),
    }
    texts.collect(*checks.values())
    return {name: check() for name, check in checks.items()}
