"""Everything an operator can decide, as one frozen object (docs/configuration.md)."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

MOST_HOLD_MINUTES = 120


class SettingsError(Exception):
    """A setting is missing or cannot be used; the message is one line for the operator."""


def _setting(default: Any, doc: str) -> Any:
    return field(default=default, metadata={"doc": doc})


def _limit(default: int, doc: str) -> Any:
    """How often something may be done. It can be raised, but never switched off."""
    return field(default=default, metadata={"doc": doc, "least": 1})


def _between(least: int, most: int, default: int, doc: str) -> Any:
    return field(default=default, metadata={"doc": doc, "bounds": (least, most)})


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
    secret_previous: str = _setting(
        "",
        "The secret before `KIRANA_SECRET`, while what it signed is still in use: see "
        "[operations](operations.md).",
    )
    audit_secret: str = _setting(
        "",
        "Key material of the audit log's seals; `KIRANA_SECRET` if empty. When you change that "
        "one, put its first value here, or the old seals cannot be verified any more.",
    )
    host: str = _setting("127.0.0.1", "Address that the web server listens on.")
    port: int = _setting(8000, "Port of the web server.")
    base_url: str = _setting(
        "",
        "Public address, used in mails; must be given in production, elsewhere "
        "`http://localhost:<port>` if empty.",
    )
    hosts: str = _setting(
        "",
        "Further host names that the shop answers to, separated by commas, beside that of "
        "`KIRANA_BASE_URL` (and `localhost` outside production).",
    )
    proxy_hops: int = _setting(
        0,
        "How many proxies of your own stand in front, each adding to `X-Forwarded-For`; "
        "with 0 that header and its kin are ignored.",
    )
    workers: int = _setting(0, "Web server processes; 0 means two.")
    threads: int = _setting(4, "Threads in each web server process.")
    header_seconds: int = _setting(10, "Seconds in which a request's headers must have come.")
    body_seconds: int = _setting(60, "Seconds in which a request's body must have come.")
    body_pause_seconds: int = _setting(
        10, "Seconds for which a client may pause in the middle of a body."
    )
    metrics_token: str = _setting(
        "",
        "Who sends `Authorization: Bearer` with it may read `/metrics`; if empty only callers on "
        "this machine may, and in production nobody.",
    )
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
        "must be given in production, elsewhere the mailbox on this machine if empty.",
    )
    mail_from: str = _setting("Kirana <shop@localhost>", "Sender of every mail.")
    smtp_port: int = _setting(1025, "Port on which the development mailbox takes mail.")
    mailbox_port: int = _setting(8025, "Port of the development mailbox's page.")
    currency: str = _setting("INR", "The shop's one currency, ISO 4217.")
    prices_include_tax: bool = _setting(
        True, "Whether prices include the tax; else it comes on top, as a charge for each rate."
    )
    tax_reduced: int = _setting(
        500, "Rate of the tax class `reduced` in basis points: 500 is 5 %. `zero` is always 0."
    )
    tax_standard: int = _setting(1800, "Rate of the tax class `standard` in basis points.")
    zone: str = _setting("Asia/Kolkata", "IANA time zone of a new store and of the schedule.")
    shop_name: str = _setting("Kirana", "Name on pages and in mails.")
    report_empty_months: bool = _setting(
        True, "Whether customers without an order in the month get a (two-line) report."
    )
    verify_email: Literal["auto", "true", "false"] = _setting(
        "auto",
        "Whether people confirm their e-mail address before they sign in; `auto` means in "
        "production only. Without it sign-in tells who has an account (docs/operations.md).",
    )
    sign_in_per_minute: int = _limit(5, "Sign-in attempts per account and minute.")
    sign_in_per_hour: int = _limit(20, "Sign-in attempts per account and hour.")
    sign_in_per_address: int = _limit(30, "Sign-in attempts per network address and minute.")
    second_factor_per_minute: int = _limit(5, "Codes of the second step per account and minute.")
    second_factor_per_hour: int = _limit(20, "Codes of the second step per account and hour.")
    admin_second_factor: bool = _setting(
        False, "Whether admins must have a second factor; without one they may do nothing."
    )
    sign_up_per_hour: int = _limit(5, "Sign-ups and applications per network address and hour.")
    forgot_per_hour: int = _limit(3, "Mails for a forgotten password per account and hour.")
    forgot_per_address: int = _limit(
        10, "Requests for such mails (password, verification) per network address and hour."
    )
    verification_per_hour: int = _limit(3, "Verification mails per account and hour.")
    password_checks_per_minute: int = _limit(
        60, "Questions per network address and minute whether a new password is accepted."
    )
    order_per_minute: int = _limit(10, "Orders per customer and minute.")
    hold_minutes: int = _between(
        1,
        MOST_HOLD_MINUTES,
        10,
        "Minutes for which starting checkout keeps the goods of a basket (1 to 120); going on "
        "with it extends that, up to three times as long in all; then nothing is kept for as "
        "long as once.",
    )
    hold_lines: int = _between(
        1,
        100,
        50,
        "Different goods that are kept for one customer at a time (1 to 100); a longer basket "
        "is not kept.",
    )
    hold_increments: int = _between(
        1,
        10_000,
        100,
        "Increments of one product that are kept for one customer at a time (1 to 10,000); what "
        "goes beyond can be ordered, but is not kept.",
    )
    hold_per_hour: int = _limit(30, "Starts of checkout per customer and hour.")
    cart_writes_per_minute: int = _limit(60, "Basket changes per visitor and minute.")
    search_per_minute: int = _limit(60, "Searches per network address and minute.")
    suggestions_per_minute: int = _limit(
        300, "Suggestions while typing, per network address and minute."
    )
    upload_per_hour: int = _limit(30, "Uploads per person and hour.")
    export_per_hour: int = _limit(6, "Exports per person and hour.")
    invitation_per_hour: int = _limit(30, "Invitations mailed per person and hour.")
    api_per_minute: int = _limit(300, "API requests per signed-in person and minute.")
    review_per_hour: int = _limit(
        30, "Reviews written, taken back or reported per person and hour."
    )
    list_writes_per_minute: int = _limit(
        60, "Changes of favourites and shopping lists per person and minute."
    )
    most_favourites: int = _between(1, 5000, 500, "Favourites of one person (1 to 5000).")
    most_lists: int = _between(1, 500, 20, "Shopping lists of one person (1 to 500).")
    most_list_lines: int = _between(1, 100, 100, "Products on one shopping list (1 to 100).")
    pair_months: int = _between(
        1, 36, 6, "Months of orders from which “often bought together” is counted (1 to 36)."
    )
    pair_customers: int = _between(
        5,
        100_000,
        5,
        "Different customers who must have bought two products together before that is shown; "
        "never below 5, so that nobody's basket can be told from it.",
    )
    keep_jobs_days: int = _between(
        8, 3650, 90, "Days for which jobs that have ended are listed, once their files are gone."
    )
    erase_after_days: int = _setting(
        14,
        "Days between asking for one's account to be erased and its end; 0 means within the hour.",
    )

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secret in use, and the one before it while that counts."""
        return (self.secret, self.secret_previous) if self.secret_previous else (self.secret,)

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
    def trusted_hosts(self) -> frozenset[str]:
        """Host names without a port that a request may be for."""
        named = {name.strip().lower() for name in self.hosts.split(",") if name.strip()}
        named.add(_bracketed(urlsplit(self.public_url).hostname or ""))
        own = set() if self.env == "production" else {"localhost", "127.0.0.1", "[::1]"}
        return frozenset(named | own)

    @property
    def web_workers(self) -> int:
        return self.workers or 2

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def confirms_addresses(self) -> bool:
        """Whether an account is of use only once its e-mail address is confirmed."""
        return self.verify_email == "true" or (
            self.verify_email == "auto" and self.env == "production"
        )

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
