"""Facts that stop the verbs of privacy."""

from kirana.platform.errors import Conflict


class SoleOwner(Conflict):
    code = "sole_owner"
    message = "You are the only owner of a store. Hand it over first."
