"""Settings: one frozen object read from ``KIRANA_*`` variables (docs/configuration.md)."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MINIMUM_SECRET_BYTES = 32
PREFIX = "KIRANA_"
OF_TESTS = "KIRANA_TEST_"


class SettingsError(Exception):
    """A setting is missing or cannot be used; the message is one line for the operator."""


def _setting(default: Any, doc: str) -> Any:
    return field(default=default, metadata={"doc": doc})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator can decide. Field ``port`` is read from ``KIRANA_PORT``, and so on."""

    env: Literal["development", "test", "production"] = _setting(
        "development",
        "`development`, `test` or `production`; demo logins exist only in the first.",
    )
    home: Path = _setting(Path("instance"), "The one folder that everything is written to.")
    secret: str = _setting(
        "",
        "Signing secret, at least 32 bytes. In development it is made on first use "
        "and kept in `KIRANA_HOME/secret`; elsewhere it must be given.",
    )
    host: str = _setting("127.0.0.1", "Address that the web server listens on.")
    port: int = _setting(8000, "Port of the web server.")
    base_url: str = _setting(
        "", "Public address, used in mails; `http://localhost:<port>` if empty."
    )
    workers: int = _setting(0, "Web server processes; 0 means two.")
    threads: int = _setting(4, "Threads in each web server process.")
    worker_processes: int = _setting(1, "Processes of the Celery worker started by `kirana up`.")
    database_url: str = _setting(
        "", "SQLAlchemy address, SQLite or PostgreSQL (psycopg); a file in `KIRANA_HOME` if empty."
    )
    redis_url: str = _setting(
        "",
        "Redis or Valkey; the one that `kirana up` starts if empty.",
    )
    redis_port: int = _setting(6379, "Port of the Valkey that `kirana up` starts.")
    smtp_url: str = _setting(
        "",
        "`smtp://`, `smtp+starttls://` or `smtps://` and `[user:password@]host:port`; "
        "the mailbox on this machine if empty.",
    )
    mail_from: str = _setting("Kirana <shop@localhost>", "Sender of every mail.")
    smtp_port: int = _setting(1025, "Port on which the development mailbox takes mail.")
    mailbox_port: int = _setting(8025, "Port of the development mailbox's page.")
    currency: str = _setting("INR", "The shop's one currency, ISO 4217.")
    zone: str = _setting("Asia/Kolkata", "IANA time zone of a new store and of the schedule.")
    shop_name: str = _setting("Kirana", "Name on pages and in mails.")
    report_empty_months: bool = _setting(
        True, "Whether customers without an order in the month get a (two-line) report."
    )
    sign_in_per_minute: int = _setting(5, "Sign-in attempts per account and minute.")
    sign_in_per_address: int = _setting(30, "Sign-in attempts per network address and minute.")
    sign_up_per_hour: int = _setting(5, "Sign-ups and applications per network address and hour.")
    order_per_minute: int = _setting(10, "Orders per customer and minute.")
    cart_writes_per_minute: int = _setting(60, "Basket changes per visitor and minute.")
    export_per_hour: int = _setting(6, "Exports per manager and hour.")

    @property
    def database(self) -> str:
        """SQLAlchemy address with the default filled in."""
        return self.database_url or f"sqlite:///{self.home.resolve() / 'kirana.sqlite3'}"

    @property
    def redis(self) -> str:
        return self.redis_url or f"redis://localhost:{self.redis_port}/0"

    @property
    def smtp(self) -> str:
        return self.smtp_url or f"smtp://localhost:{self.smtp_port}"

    @property
    def public_url(self) -> str:
        """Address for links in mails, without a slash at the end."""
        return (self.base_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def web_workers(self) -> int:
        return self.workers or 2

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")


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
    return _with_secret(settings, make_secret)


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
    try:
        ZoneInfo(settings.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(f"KIRANA_ZONE={settings.zone!r} is not a time zone") from None


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
