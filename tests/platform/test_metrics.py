"""The cache's figures: who may read them, and whether they add up over processes."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kirana.platform.config import Settings
from kirana.platform.meters import NAMES, Meters
from tests.catalog.market import open_market
from tests.platform.test_edge import app_with

pytestmark = pytest.mark.on_database("sqlite")
LINE = re.compile(r"([a-z_]+)(\{[a-z]+=\"[a-z]+\"(?:,[a-z]+=\"[a-z]+\")*\})? (\S+)")
_COUNTER = """
import sys
from pathlib import Path
from kirana.platform.meters import Meters

meters = Meters(Path(sys.argv[1]))
meters.count("edge_hits", 40)
meters.show("entries", 7)
print("counted", flush=True)
sys.stdin.readline()
"""


def figures(text: str) -> dict[str, float]:
    """Every line that is no comment, read as Prometheus would."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            parts = LINE.fullmatch(line)
            assert parts, line
            found[parts[1] + (parts[2] or "")] = float(parts[3])
    return found


def test_what_the_edge_did_is_told(app: Any, client: Any) -> None:
    slug = open_market().sell()
    before = figures(client.get("/metrics").text)
    for _ in range(5):
        tag = client.get(f"/products/{slug}").headers["ETag"]
    client.get(f"/products/{slug}", headers={"If-None-Match": tag})
    style = re.search(r'href="(/assets/[^"]+\.css)"', client.get(f"/products/{slug}").text)
    assert style, "what a page loads would hide how the pages do"
    assert [client.get(style[1]).status_code for _ in range(3)] == [200, 200, 200]
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert answer.headers["Cache-Control"] == "no-store"
    after = figures(answer.text)
    grown = {name: after[name] - before[name] for name in after}
    assert grown['kirana_cache_lookups_total{level="edge",outcome="hit"}'] == 6
    assert grown['kirana_cache_lookups_total{level="edge",outcome="miss"}'] == 1
    assert grown["kirana_cache_not_modified_total"] == 1
    assert grown["kirana_cache_hit_age_seconds_count"] == 6
    assert 0 < grown["kirana_cache_hit_age_seconds_sum"] < 60
    assert grown['kirana_cache_lookups_total{level="database",outcome="made"}'] >= 1
    assert 0 < after["kirana_cache_hit_ratio"] < 1
    assert after["kirana_cache_entries"] > 0
    assert after["kirana_cache_bytes"] > 10_000
    for name in after:
        family = name.partition("{")[0].removesuffix("_sum").removesuffix("_count")
        assert f"# TYPE {family} " in answer.text


@pytest.mark.usefixtures("database")
def test_who_may_read_them(settings: Settings, home: Path) -> None:
    def status(address: str = "127.0.0.1", bearer: str = "", **changes: Any) -> int:
        client = app_with(settings, home, **changes).test_client()
        headers = {"Authorization": bearer} if bearer else {}
        base = {"REMOTE_ADDR": address, "HTTP_HOST": "localhost"}
        found: int = client.get("/metrics", headers=headers, environ_overrides=base).status_code
        return found

    assert [status(each) for each in ("127.0.0.1", "::1", "203.0.113.9", "", "x")] == [
        200, 200, 404, 404, 404,
    ]  # fmt: skip
    production = {"env": "production", "base_url": "http://localhost"}
    assert status(**production) == 404
    with_token = {"metrics_token": "a token for the scraper"}
    assert status("203.0.113.9", "Bearer a token for the scraper", **with_token) == 200
    assert (
        status("203.0.113.9", "Bearer a token for the scraper", **with_token, **production) == 200
    )
    for wrong in ("", "Bearer ", "Bearer a token for the scrape", "Bearer é"):
        assert status("127.0.0.1", wrong, **with_token) == 404, wrong
    assert status(bearer="Bearer ") == 200, "without a token in the settings none is looked at"


def test_processes_are_added_up_and_the_dead_are_left_out(tmp_path: Path) -> None:
    own = Meters(tmp_path)
    own.count("edge_hits", 2)
    process = subprocess.Popen(
        [sys.executable, "-c", _COUNTER, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "counted\n"
    both = own.total()
    assert (both["edge_hits"], both["entries"], both["processes"]) == (42, 7, 1)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    process.kill()
    process.communicate()
    alone = own.total()
    assert (alone["edge_hits"], alone["entries"]) == (2, 0)
    assert len(list(tmp_path.iterdir())) == 1, "the file of the dead process is gone"
    assert set(alone) == set(NAMES)


def test_where_nothing_can_be_written_a_process_counts_for_itself(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder would be")
    meters = Meters(tmp_path / "taken")
    meters.count("made")
    assert meters.total()["made"] == 1
