"""Sharing a list by a link that nobody can guess, and taking it back."""

from sqlalchemy import Connection, insert, update

from kirana.accounts.permissions import Permission
from kirana.lists.errors import TooManyLinks
from kirana.lists.keys import link_token
from kirana.lists.models import ListLink, ShoppingList
from kirana.lists.queries import find_place
from kirana.lists.services.keeping import count_of
from kirana.lists.shapes import May, Place
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.columns import new_uid
from kirana.platform.db import verb
from kirana.platform.errors import NotFound
from kirana.platform.tokens import hash_secret

MOST_LINKS = 10


@verb
def share_list(connection: Connection, actor: Actor, uid: str, may: May, secret: str) -> str:
    """A new link to one of the caller's lists; its uid. Raises NotFound, TooManyLinks.

    Locks the list. Only the hash of the link's token is kept.
    """
    actor.require(Permission.WRITE_OWN_LISTS)
    found = find_place(actor, Place(uid=uid))
    locking = update(ShoppingList).where(ShoppingList.id == found.id)
    connection.execute(locking.values(version=ShoppingList.version + 1))
    open_links = (ListLink.list_id == found.id, ListLink.revoked_at.is_(None))
    if count_of(connection, ListLink, *open_links) >= MOST_LINKS:
        raise TooManyLinks
    link = new_uid()
    connection.execute(
        insert(ListLink).values(
            uid=link, list_id=found.id, may=may, token_hash=hash_secret(link_token(secret, link)),
            created_at=clock.now(connection),
        )
    )  # fmt: skip
    after = {"link": link, "may": may}
    audit.record(connection, actor, "list.shared", ("shopping_list", uid), after=after)
    return link


@verb
def revoke_link(connection: Connection, actor: Actor, uid: str, link: str) -> None:
    """Take a link back: it leads nowhere from now on. Raises NotFound."""
    actor.require(Permission.WRITE_OWN_LISTS)
    found = find_place(actor, Place(uid=uid))
    mine = (ListLink.list_id == found.id, ListLink.uid == link, ListLink.revoked_at.is_(None))
    ending = update(ListLink).where(*mine).values(revoked_at=clock.now(connection))
    if not connection.execute(ending).rowcount:
        raise NotFound
    audit.record(connection, actor, "list.unshared", ("shopping_list", uid), after={"link": link})
