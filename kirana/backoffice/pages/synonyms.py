"""Synonyms of the search: the admin keeps pairs of words that mean the same."""

from flask import Response, request

from kirana.accounts.permissions import Permission
from kirana.backoffice.pages.blueprint import admin_page, pages, refused
from kirana.platform.errors import Conflict, Invalid
from kirana.platform.http import current_actor, requires
from kirana.platform.pages import Form, note, posted, see_other
from kirana.platform.paging import PageQuery
from kirana.search.queries import list_synonyms
from kirana.search.services import add_synonym, delete_synonym
from kirana.search.shapes import NewSynonym

LIST = ".synonyms"
PAGE_SIZE = 50


@pages.get("/synonyms")
@requires(Permission.WRITE_SYNONYMS)
def synonyms() -> Response:
    """The pairs that are kept."""
    return _synonyms_page(Form())


@pages.post("/synonyms")
@requires(Permission.WRITE_SYNONYMS)
def keep_synonym() -> Response:
    """Let two words find each other's products."""
    try:
        made = add_synonym(current_actor(), posted(NewSynonym))
    except (Invalid, Conflict) as error:
        return _synonyms_page(refused(error), error.status)
    note(
        f"Whoever looks for {made.word} finds {made.other} too, and the other way round.", "success"
    )
    return see_other(LIST)


@pages.post("/synonyms/<uid>/deletion")
@requires(Permission.WRITE_SYNONYMS)
def drop_synonym(uid: str) -> Response:
    """Let the two words be strangers again."""
    delete_synonym(current_actor(), uid)
    note("The pair is deleted.", "success")
    return see_other(LIST)


def _synonyms_page(form: Form, code: int = 200) -> Response:
    cursor = request.args.get("cursor") or None
    try:
        found = list_synonyms(current_actor(), PageQuery(limit=PAGE_SIZE, cursor=cursor))
    except Invalid:
        found = list_synonyms(current_actor(), PageQuery(limit=PAGE_SIZE))
    return admin_page(
        "office/synonyms.html",
        code,
        synonyms=found.items,
        form=form,
        first_url="/office/synonyms" if cursor else None,
        next_url=f"/office/synonyms?cursor={found.next_cursor}" if found.next_cursor else None,
    )
