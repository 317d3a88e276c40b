"""A small shop that a browser can visit, served from a thread of the test."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from tests.catalog.market import Market, open_market


@pytest.fixture
def market(database: Any) -> Market:
    return open_market()


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    """Where the shop of this test answers."""
    server = make_server("localhost", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
