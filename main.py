"""The shop for servers and workers: ``main:app`` (WSGI) and ``main.celery``.

``python3 main.py`` answers requests itself and, in development, first makes the secret and the
database. Importing this file makes nothing and opens nothing: ``app`` is made when asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

from kirana.worker import celery

if TYPE_CHECKING:
    from flask import Flask

    app: Flask

__all__ = ["app", "celery"]


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    made = importlib.import_module("kirana.app").create_serving_app()  # workers need no pages
    return globals().setdefault("app", made)


if __name__ == "__main__":
    from kirana.server import main  # not above: workers need no server

    main()
