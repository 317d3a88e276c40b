"""People over JSON: /auth, /me, and the admin's /people and /manager-applications."""

from kirana.accounts.api import factors, me, people, recovery, second_step, sessions, signing_in
from kirana.accounts.api.blueprint import api

__all__ = ["api", "factors", "me", "people", "recovery", "second_step", "sessions", "signing_in"]
