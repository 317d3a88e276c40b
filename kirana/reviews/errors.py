"""The facts that stop a verb on reviews."""

from kirana.platform.errors import Conflict


class NotBought(Conflict):
    code = "not_bought"
    message = "Only who has had it can review it: it must have come in one of your orders."


class AlreadyAnswered(Conflict):
    code = "already_answered"
    message = "This review has its answer already."


class NotShown(Conflict):
    """Not looked at yet, refused, hidden, or moved by somebody else meanwhile."""

    code = "not_shown"
    message = "This review is not shown at the moment."
