"""Pages about people: joining, signing in, the account and its security."""

from kirana.accounts.pages import account, recovery, security, sessions, signing_in
from kirana.accounts.pages.blueprint import pages

__all__ = ["account", "pages", "recovery", "security", "sessions", "signing_in"]
