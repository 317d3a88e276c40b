"""The shop for servers and workers: ``main:app`` (WSGI) and ``main.celery``.

``python3 main.py`` answers requests itself and, in development, first makes the secret and the
database. Importing this file makes nothing and opens nothing: ``app`` is made when asked for.
"""

from typing import TYPE_CHECKING, Any

from kirana.app import create_app
from kirana.worker import celery

if TYPE_CHECKING:
    from flask import Flask

    app: Flask

__all__ = ["app", "celery"]


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return globals().setdefault("app", create_app())


if __name__ == "__main__":
    from kirana.server import main  # not above: workers need no server

    main()
