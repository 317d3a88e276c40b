"""Who an API key acts for."""

from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from kirana.accounts.models import Account, ApiKey
from kirana.accounts.queries import Places
from kirana.accounts.states import MAY_SIGN_IN
from kirana.platform import clock
from kirana.platform.db import query
from kirana.platform.tokens import hash_secret

PREFIX = "kirana_"


@query
def find_key_holder(
    connection: Connection, token: str, places: Places
) -> Row[*tuple[Any, ...]] | None:
    """The account behind a live key, its ``places`` and what the key allows, one statement.

    None for a dead one.
    """
    columns = (
        Account.id, Account.uid, Account.email, Account.name, Account.role, Account.status,
        ApiKey.id.label("key_id"), ApiKey.uid.label("key_uid"), ApiKey.permissions,
        ApiKey.store_id, ApiKey.used_at, places.label("places"),
    )  # fmt: skip
    return connection.execute(
        select(*columns)
        .join(Account, Account.id == ApiKey.account_id)
        .where(
            ApiKey.token_hash == hash_secret(token),
            is_live(),
            Account.status.in_(MAY_SIGN_IN),
        )
    ).one_or_none()


def is_live() -> Any:
    """The condition that picks keys that are neither revoked nor too old."""
    lasts = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > clock.utc_now())
    return and_(ApiKey.revoked_at.is_(None), lasts)
