"""The verbs of favourites and lists, one file for each kind."""

from kirana.lists.services.favourites import drop_favourite, keep_favourite
from kirana.lists.services.lines import (
    put_list_in_basket,
    remove_list_line,
    set_list_line,
    step_list_line,
)
from kirana.lists.services.links import revoke_link, share_list
from kirana.lists.services.lists import delete_list, make_list, rename_list

__all__ = [
    "delete_list",
    "drop_favourite",
    "keep_favourite",
    "make_list",
    "put_list_in_basket",
    "remove_list_line",
    "rename_list",
    "revoke_link",
    "set_list_line",
    "share_list",
    "step_list_line",
]
