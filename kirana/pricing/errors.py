"""The facts that stop a quote."""

from kirana.platform.errors import Conflict


class TotalTooLarge(Conflict):
    """More money than the shop can count with."""

    code = "total_too_large"
    message = "That is more than one order can hold. Please order less."
