"""What goes into the verbs about forgotten passwords and changed addresses."""

import msgspec

from kirana.accounts.shapes import Input, Line, Secret


class Forgotten(Input, frozen=True):
    """Whom to send a link, if there is such an account."""

    email: Line


class PasswordReset(Input, frozen=True):
    """``token`` comes from the link in the mail."""

    token: Secret
    new_password: Secret


class PasswordToCheck(Input, frozen=True):
    """A password that somebody thinks of, with what others know of them."""

    password: Secret
    email: Line = ""
    name: Line = ""


class PasswordVerdict(msgspec.Struct, frozen=True):
    """``problem`` is what would be said to it; empty when it is accepted."""

    problem: str


class Confirmation(Input, frozen=True):
    """``token`` comes from the link in the mail, ``password`` from whose account it is.

    Without it, whoever names somebody else's address, at sign-up or for a change, would be given
    it by their click. Who is signed in to the account needs none for a change.
    """

    token: Secret
    password: Secret = ""


class EmailChange(Input, frozen=True):
    """Another address for the caller's account, with the password that they sign in with."""

    email: Line
    current_password: Secret
