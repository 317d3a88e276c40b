"""Settings are read from ``KIRANA_*`` variables, checked, and never changed afterwards."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kirana.platform.settings import Settings, SettingsError

__all__ = ["Settings", "SettingsError", "keep_private", "load_settings"]
MINIMUM_SECRET_BYTES = 32
HIGHEST_TAX = 10_000  # basis points
PREFIX = "KIRANA_"
OF_TESTS = "KIRANA_TEST_"


def keep_private() -> None:
    """What this program writes from now on is for its own user only. Called as programs start."""
    os.umask(0o077)


def load_settings(
    environ: Mapping[str, str] | None = None, *, make_secret: bool = True
) -> Settings:
    """Read and check the settings; in development make the shared secret.

    Without ``make_secret`` nothing is written, and a secret that was never made stays empty.
    Raises SettingsError with one clear line.
    """
    environ = os.environ if environ is None else environ
    known = {PREFIX + item.name.upper(): item for item in fields(Settings)}
    given = {
        name: value
        for name, value in environ.items()
        if name.startswith(PREFIX) and not name.startswith(OF_TESTS)
    }
    _refuse_unknown([name for name in given if name not in known], list(known))
    values = {known[name].name: _parse(name, text) for name, text in given.items()}
    settings = Settings(**values)
    _check(settings)
    settings = _with_secret(settings, make_secret)
    _require_the_world(settings)
    return settings


def _refuse_unknown(names: list[str], known: list[str]) -> None:
    """A misspelt setting must not be ignored in silence."""
    for name in names:
        near = get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else "; see docs/configuration.md"
        raise SettingsError(f"{name} is not a setting of Kirana{hint}")


_KINDS = {int: "a whole number", bool: "true or false"}


def _parse(name: str, text: str) -> Any:
    kind: Any = next(f.type for f in fields(Settings) if PREFIX + f.name.upper() == name)
    try:
        if kind is int:
            return int(text)
        if kind is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[
                text.lower()
            ]
    except (ValueError, KeyError):
        raise SettingsError(f"{name}={text!r} is not {_KINDS[kind]}") from None
    return Path(text) if kind is Path else text


def _check(settings: Settings) -> None:
    if settings.env not in ("development", "test", "production"):
        raise SettingsError(f"KIRANA_ENV={settings.env!r} is not development, test or production")
    if settings.database.split(":", 1)[0] not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise SettingsError("KIRANA_DATABASE_URL must begin with sqlite: or postgresql:")
    for name in ("secret_previous", "audit_secret"):
        if 0 < len(getattr(settings, name).encode()) < MINIMUM_SECRET_BYTES:
            raise SettingsError(
                f"{PREFIX}{name.upper()} must have at least {MINIMUM_SECRET_BYTES} bytes"
            )
    if settings.verify_email not in ("auto", "true", "false"):
        raise SettingsError(
            f"KIRANA_VERIFY_EMAIL={settings.verify_email!r} is not auto, true or false"
        )
    if settings.erase_after_days < 0:
        raise SettingsError("KIRANA_ERASE_AFTER_DAYS cannot be negative")
    for name in ("tax_reduced", "tax_standard"):
        if not 0 <= getattr(settings, name) <= HIGHEST_TAX:
            raise SettingsError(f"{PREFIX}{name.upper()} must be from 0 to {HIGHEST_TAX}")
    for item in fields(settings):
        least = item.metadata.get("least")
        if least is not None and getattr(settings, item.name) < least:
            raise SettingsError(f"{PREFIX}{item.name.upper()} must be at least {least}")
        low, high = item.metadata.get("bounds", (None, None))
        if low is not None and not low <= getattr(settings, item.name) <= high:
            raise SettingsError(f"{PREFIX}{item.name.upper()} must be from {low} to {high}")
    try:
        ZoneInfo(settings.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(f"KIRANA_ZONE={settings.zone!r} is not a time zone") from None


def _require_the_world(settings: Settings) -> None:
    """In production mails go somewhere and their links lead somewhere."""
    for name in ("base_url", "smtp_url"):
        if settings.env == "production" and not getattr(settings, name):
            raise SettingsError(f"{PREFIX}{name.upper()} must be given in production")


def _with_secret(settings: Settings, may_make: bool) -> Settings:
    if settings.secret == "" and settings.env == "development":
        if not may_make and not (settings.home / "secret").exists():
            return settings
        return replace(settings, secret=_shared_secret(settings.home))
    if len(settings.secret.encode()) < MINIMUM_SECRET_BYTES:
        raise SettingsError(
            f"KIRANA_SECRET must have at least {MINIMUM_SECRET_BYTES} bytes outside development"
        )
    return settings


def _shared_secret(home: Path) -> str:
    """Read the development secret, or make it (mode 0600); two processes at once agree on one."""
    path = home / "secret"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = home / f".secret-{os.getpid()}-{secrets.token_hex(4)}"
    if not path.exists():
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
