"""Pages about people: joining, signing in, the account and its security."""

from kirana.accounts.pages import account, security, sessions, signing_in
from kirana.accounts.pages.blueprint import pages

__all__ = ["account", "pages", "security", "sessions", "signing_in"]
