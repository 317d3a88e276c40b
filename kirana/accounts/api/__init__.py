"""People over JSON: /auth, /me, and the admin's /people and /manager-applications."""

from kirana.accounts.api import me, people, recovery, sessions, signing_in
from kirana.accounts.api.blueprint import api

__all__ = ["api", "me", "people", "recovery", "sessions", "signing_in"]
