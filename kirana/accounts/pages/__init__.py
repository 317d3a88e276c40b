"""Pages about people: joining, signing in, the account and its security."""

from kirana.accounts.pages import account, factors, second_step, security, signing_in
from kirana.accounts.pages.blueprint import pages

__all__ = ["account", "factors", "pages", "second_step", "security", "signing_in"]
