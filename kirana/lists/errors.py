"""The facts that stop a verb on lists."""

from kirana.platform.errors import Conflict, Forbidden


class ListExists(Conflict):
    code = "list_exists"
    message = "You have a list of that name already."


class TooManyLists(Conflict):
    code = "too_many_lists"
    message = "You have as many lists as one may have. Delete one first."


class ListFull(Conflict):
    code = "list_full"
    message = "This list is full. Take something off first."


class TooManyFavourites(Conflict):
    code = "too_many_favourites"
    message = "You have as many favourites as one may have. Take one off first."


class TooManyLinks(Conflict):
    code = "too_many_links"
    message = "This list has ten links already. Revoke one first."


class ReadOnly(Forbidden):
    code = "read_only"
    message = "This link lets you read the list, not change it."
