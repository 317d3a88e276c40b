"""People over JSON: /auth, /me, and the admin's /people and /manager-applications."""

from kirana.accounts.api import factors, me, people, second_step, signing_in
from kirana.accounts.api.blueprint import api

__all__ = ["api", "factors", "me", "people", "second_step", "signing_in"]
