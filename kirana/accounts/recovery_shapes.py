"""What goes into the verbs about forgotten passwords and changed addresses."""

from kirana.accounts.shapes import Input, Line, Secret


class Forgotten(Input, frozen=True):
    """Whom to send a link, if there is such an account."""

    email: Line


class PasswordReset(Input, frozen=True):
    """``token`` comes from the link in the mail."""

    token: Secret
    new_password: Secret


class LinkToken(Input, frozen=True):
    token: Secret


class EmailChange(Input, frozen=True):
    """Another address for the caller's account, with the password that they sign in with."""

    email: Line
    current_password: Secret
