"""Facts that stop the verbs of the reports."""

from kirana.platform.errors import Conflict


class MonthNotOver(Conflict):
    code = "month_not_over"
    message = "That month has not ended yet in every store."
