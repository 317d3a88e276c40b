"""The door of the back office: to one's store, or to the admin's desk."""

from flask import Response

from kirana.accounts.permissions import Permission
from kirana.backoffice.pages.blueprint import pages
from kirana.platform.errors import NotFound
from kirana.platform.http import current_actor, requires
from kirana.platform.pages import see_other
from kirana.stores.queries import list_own_stores


@pages.get("")
@requires(Permission.READ_OWN_PROFILE)
def office() -> Response:
    """Where this person's work begins. Raises NotFound for who has none here."""
    actor = current_actor()
    if Permission.READ_APPROVALS in actor.permissions:
        return see_other(".approvals")
    for store in list_own_stores(actor):
        return see_other(".today", store_slug=store.slug)
    raise NotFound("There is no store here that you work for.")
