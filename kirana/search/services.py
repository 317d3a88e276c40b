"""The admin's verbs on synonyms, and the upkeep of the feed."""

from datetime import timedelta

from sqlalchemy import Connection, delete, func, select

from kirana.accounts.permissions import Permission
from kirana.catalog.models import CatalogChange
from kirana.catalog.services.versions import raise_version
from kirana.platform import audit, clock, columns
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.errors import Invalid, NotFound
from kirana.platform.inserts import insert_unless_taken
from kirana.platform.words import folded
from kirana.search.errors import SynonymExists, TooManySynonyms
from kirana.search.models import SearchSynonym
from kirana.search.queries import MOST_SYNONYMS, synonym
from kirana.search.shapes import NewSynonym, Synonym

FEED_KEPT_FOR = timedelta(days=7)


@verb
def add_synonym(connection: Connection, actor: Actor, new: NewSynonym) -> Synonym:
    """Let two words find each other's products. Raises SynonymExists, TooManySynonyms, Invalid."""
    actor.require(Permission.WRITE_SYNONYMS)
    pair = {folded(new.word): new.word, folded(new.other): new.other}
    for name in ("word", "other"):
        if not folded(getattr(new, name)):
            raise Invalid.at(f"/{name}", "needs a letter or a digit")
    if len(pair) == 1:
        raise Invalid.at("/other", "is the same word")
    count = select(func.count()).select_from(SearchSynonym)
    if connection.execute(count).scalar_one() >= MOST_SYNONYMS:
        raise TooManySynonyms
    word, other = sorted(pair)
    made = Synonym(columns.new_uid(), pair[word], pair[other], clock.now(connection))
    row = {"word": word, "other": other, "shown": f"{made.word}\n{made.other}"}
    when = {"uid": made.uid, "created_at": made.created_at}
    if insert_unless_taken(connection, SearchSynonym, **row, **when) is None:
        raise SynonymExists
    after = {"word": made.word, "other": made.other}
    audit.record(connection, actor, "synonym_added", ("synonym", made.uid), after=after)
    raise_version(connection)
    return made


@verb
def delete_synonym(connection: Connection, actor: Actor, uid: str) -> None:
    """Let the two words be strangers again. Raises NotFound."""
    actor.require(Permission.WRITE_SYNONYMS)
    ending = delete(SearchSynonym).where(SearchSynonym.uid == uid)
    row = connection.execute(ending.returning(*SearchSynonym.__table__.columns)).one_or_none()
    if row is None:
        raise NotFound
    was = synonym(row)
    before = {"word": was.word, "other": was.other}
    audit.record(connection, actor, "synonym_deleted", ("synonym", uid), before=before)
    raise_version(connection)


@verb
def forget_changes(connection: Connection) -> int:
    """Delete what the feed told more than a week ago, but for its newest row; how many.

    An index that was not kept up for so long finds its last row missing and is built anew.
    """
    newest = select(func.max(CatalogChange.id)).scalar_subquery()
    old = CatalogChange.at < clock.now(connection) - FEED_KEPT_FOR
    ending = delete(CatalogChange).where(old, CatalogChange.id < newest)
    return connection.execute(ending).rowcount
