"""Pages about people: joining, signing in, the account and its security."""

from kirana.accounts.pages import (
    account,
    factors,
    recovery,
    second_step,
    security,
    sessions,
    signing_in,
)
from kirana.accounts.pages.blueprint import pages

__all__ = [
    "account", "factors", "pages", "recovery", "second_step", "security", "sessions", "signing_in",
]  # fmt: skip
