"""``create_app``: the only module that knows every slice."""

import importlib
from pathlib import Path

from flask import Flask

from kirana.accounts import web_session
from kirana.platform import db, health, limits, migrations, problems
from kirana.platform.config import Settings, load_settings
from kirana.platform.openapi import PREFIX
from kirana.stores.queries import store_ids_of

# Scaffold while the slices land; becomes plain imports.
SLICES = (
    "accounts", "stores", "jobs", "catalog", "stock", "cart", "orders", "checkout", "payments",
    "exports", "reports", "storefront", "backoffice",
)  # fmt: skip


def create_app(settings: Settings | None = None) -> Flask:
    """The shop as a WSGI application. Opens no connection. Raises SettingsError."""
    settings = settings or load_settings()
    db.configure(settings)
    app = Flask("kirana", static_folder=None, template_folder="web/templates")
    app.root_path = str(Path(__file__).parent)
    app.config.update(SETTINGS=settings, SECRET_KEY=settings.secret, MAX_CONTENT_LENGTH=6 << 20)
    app.url_map.strict_slashes = False
    problems.install(app)
    limits.use_redis(settings.redis)
    web_session.install(app, store_ids_of)
    app.register_blueprint(health.pages)
    _register_slices(app)
    return app


def prepare(settings: Settings) -> None:
    """Bring the database to the newest schema; makes it where there is none."""
    db.configure(settings)
    migrations.upgrade()


def _optional(name: str) -> object | None:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and name.startswith(error.name):
            return None
        raise


def _register_slices(app: Flask) -> None:
    for name in SLICES:
        pages = _optional(f"kirana.{name}.pages")
        if pages is not None:
            app.register_blueprint(pages.pages, name=f"{name}.pages")
        api = _optional(f"kirana.{name}.api")
        if api is not None:
            app.register_blueprint(api.api, name=f"{name}.api", url_prefix=PREFIX)
    for name in ("kirana.platform.csrf", "kirana.platform.cache", "kirana.web.shell"):
        module = _optional(name)
        if module is not None:
            module.install(app)
