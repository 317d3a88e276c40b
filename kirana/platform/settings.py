"""Everything an operator can decide, as one frozen object (docs/configuration.md)."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo


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
    invitation_per_hour: int = _setting(30, "Invitations mailed per person and hour.")

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
