"""Facts that stop a verb about stores."""

from kirana.platform.errors import Conflict, Forbidden


class NotTheOwner(Forbidden):
    code = "not_the_owner"
    message = "Only the store's owner may do that."


class StoreClosed(Conflict):
    code = "store_closed"
    message = "This store is closed for good."
