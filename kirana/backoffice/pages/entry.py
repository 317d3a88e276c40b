"""The door of the back office: to one's store, or to the admin's desk."""

from flask import Response

from kirana.accounts.permissions import Permission
from kirana.backoffice.navigation import first_page
from kirana.backoffice.pages.blueprint import pages
from kirana.platform.errors import NotFound
from kirana.platform.http import current_actor, requires
from kirana.platform.pages import go_to, note, see_other
from kirana.stores.queries import list_workplaces

WAITING = {
    "pending": "The office opens once your application is approved. It is waiting for an answer.",
    "rejected": "Your application was declined, so the office is closed. You may apply again here.",
}


@pages.get("")
@requires(Permission.READ_OWN_PROFILE)
def office() -> Response:
    """Where this person's work begins, or where a manager reads why it does not yet.

    Raises NotFound for who has none here.
    """
    actor = current_actor()
    if Permission.READ_APPROVALS in actor.permissions:
        return see_other(".approvals")
    for place in list_workplaces(actor):
        if place.rights:
            return go_to(first_page(place))
    if Permission.WRITE_OWN_APPLICATION in actor.permissions:
        note(WAITING[actor.status])
        return see_other("accounts.account")
    raise NotFound("There is no store here that you work for.")
