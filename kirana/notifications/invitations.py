"""The mail that offers a place in a store's team."""

from typing import Any

from sqlalchemy import Connection, select

from kirana.accounts.models import Account
from kirana.mailing.mail import Message
from kirana.notifications.rendering import Letters
from kirana.platform import clock
from kirana.platform.db import query
from kirana.stores.invitation_keys import invitation_token
from kirana.stores.models import Invitation, Store
from kirana.stores.team_queries import OPEN
from kirana.stores.team_shapes import PLACES


def invitation(letters: Letters, payload: dict[str, Any]) -> Message | None:
    """With the link, whose token is made here and kept nowhere; None once it is not open."""
    found = find_open(payload["invitation_id"])
    if found is None:
        return None
    token = invitation_token(letters.settings.secret, found.uid)
    facts = {
        "store": found.store,
        "inviter": found.inviter,
        "place": PLACES[found.role],
        "until": f"{found.expires_at.astimezone(letters.settings.tz):%-d %B %Y}",
        "url": letters.url(f"/invitations/{token}"),
    }
    subject = f"{found.store} invites you to its team"
    return letters.write("invitation", found.email, subject, facts)


@query
def find_open(connection: Connection, invitation_id: int) -> Any:
    """The invitation with who sent it and the store, if it can still be accepted."""
    find = (
        select(
            Invitation.uid, Invitation.email, Invitation.role, Invitation.expires_at,
            Account.name.label("inviter"), Store.name.label("store"),
        )
        .join(Account, Account.id == Invitation.invited_by)
        .join(Store, Store.id == Invitation.store_id)
        .where(Invitation.id == invitation_id, OPEN, Invitation.expires_at > clock.utc_now())
    )  # fmt: skip
    return connection.execute(find).one_or_none()
