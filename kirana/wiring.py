"""What the web server, the worker and the command line share: who listens to whom."""

from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from kirana import notifications
from kirana.accounts.house_rules import HouseRules, follow
from kirana.accounts.queries import has_demo_logins
from kirana.cart.services import merge_guest_cart
from kirana.cart.services.forgetting import let_go_of_goods
from kirana.catalog.services.versions import on_store_changed
from kirana.exports.services import stop_exports_without_right
from kirana.platform import db, freshness, migrations
from kirana.platform.announce import subscribe
from kirana.platform.celery import wake_through
from kirana.platform.config import Settings, SettingsError
from kirana.pricing import tax
from kirana.privacy.services.erasing import remind_of_erasure
from kirana.search import following
from kirana.stock.services.ledger import open_level
from kirana.stores.services import leave_all_stores
from kirana.stores.services.invitations import forget_invitations, remind_of_invitations


def wire(settings: Settings) -> None:
    """Point the database at ``settings`` and connect the slices. Opens nothing; idempotent."""
    db.configure(settings)
    wake_through(settings)
    freshness.copy_to(settings.redis)
    follow(HouseRules(settings.confirms_addresses, settings.shop_name))
    rates = {"zero": 0, "reduced": settings.tax_reduced, "standard": settings.tax_standard}
    tax.follow(tax.TaxRules(rates, settings.prices_include_tax))
    following.use(settings)
    notifications.register(settings)
    subscribe("signed_in", merge_guest_cart)
    subscribe("signed_in", remind_of_erasure)
    subscribe("signed_in", remind_of_invitations)
    subscribe("product_created", open_level)
    subscribe("store_changed", on_store_changed)
    subscribe("store_moved", on_store_changed)
    subscribe("account_suspended", stop_exports_without_right)
    subscribe("account_suspended", let_go_of_goods)
    subscribe("address_left", forget_invitations)
    subscribe("role_changed", leave_all_stores)
    subscribe("membership_changed", stop_exports_without_right)
    subscribe("role_changed", stop_exports_without_right)


def migrate(settings: Settings) -> None:
    """Bring the database to the newest schema; makes it where there is none."""
    db.configure(settings)
    migrations.upgrade()


def prepare(settings: Settings) -> None:
    """Have a database that a program can start on: in development it is made and migrated.

    Elsewhere it is only looked at. Raises SettingsError for another schema, and for a demo shop,
    whose passwords everybody knows.
    """
    if settings.env == "development":
        migrate(settings)
        return
    require_database(settings)
    if has_demo_logins():
        raise SettingsError("This database holds the demo shop; it is for development only.")


def require_database(settings: Settings) -> None:
    """Have a database at this version's schema, or raise SettingsError. Makes nothing."""
    url = make_url(settings.database)
    place = url.render_as_string()
    if url.get_backend_name() == "sqlite" and url.database:
        place = str(Path(url.database).resolve())
        if not Path(place).is_file():  # opening it would make it
            raise SettingsError(
                f"There is no database {place}. Set KIRANA_HOME, or run: kirana init"
            )
    db.configure(settings)
    try:
        is_current = migrations.is_current()
    except DBAPIError as error:
        reason = str(error.orig).partition("\n")[0]
        raise SettingsError(f"The database {place} cannot be read: {reason}") from None
    if not is_current:
        raise SettingsError(
            f"The database {place} is not at this version's schema. Run: kirana upgrade"
        )
