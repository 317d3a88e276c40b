"""No address is ever fetched for a client: nothing in the shop can speak to the web."""

import ast

import pytest

from tests.rules.source import Source, parse, product

SPEAKERS = (
    "urllib.request", "http.client", "urllib3", "requests", "httpx", "aiohttp", "pycurl", "ftplib",
    "telnetlib", "websocket", "websockets", "socket", "asyncio.open_connection",
)  # fmt: skip
# Each speaks to this machine's own ports alone, or looks at connections that others opened.
MAY_SPEAK = {
    "kirana/edge/connections.py": "socket",
    "kirana/supervisor/ports.py": "socket",
    "kirana/supervisor/start.py": "socket",
}


def fetches_nothing(source: Source) -> list[str]:
    """No import of anything that opens connections, but for the named places."""
    found = []
    for node in ast.walk(source.tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
        spoken = {
            speaker
            for name in names
            for speaker in SPEAKERS
            if f"{name}.".startswith(f"{speaker}.") and MAY_SPEAK.get(source.path) != speaker
        }
        found += [source.at(node, f"imports {name}") for name in sorted(spoken)]
    return found


def test_the_product_fetches_nothing() -> None:
    assert [finding for source in product() for finding in fetches_nothing(source)] == []


@pytest.mark.parametrize(
    "bad",
    [
        "import urllib.request",
        "from urllib import request",
        "from urllib.request import urlopen",
        "import requests.adapters",
        "from http import client",
        "import socket",
    ],
)
def test_the_rule_bites(bad: str) -> None:
    assert fetches_nothing(parse("kirana/catalog/services.py", bad))
    assert not fetches_nothing(
        parse("kirana/catalog/services.py", "from urllib.parse import quote")
    )
