"""The facts that stop a verb on orders."""

from kirana.platform.errors import Unavailable


class NumbersTaken(Unavailable):
    """Two random numbers in a row were in use."""

    message = "The order could not get a number. Please try again."
