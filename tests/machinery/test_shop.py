"""The machinery itself: the shop's own processes come up, and come back."""

import json

from tests.machinery.processes import descendants, wait_until
from tests.machinery.shop import Shop, get, status_of


def test_every_process_works(shop: Shop) -> None:
    assert status_of(shop.web_port, "/healthz") == 200
    assert json.loads(get(shop.mailbox_port, "/api/v2/messages"))["total"] == 0
    assert {name for name, process in shop.processes.items() if process.running} == {
        "web",
        "worker",
        "beat",
        "mailbox",
    }


def test_what_was_killed_runs_again(shop: Shop) -> None:
    shop.processes["worker"].kill()
    shop.valkey.stop()
    shop.restore()
    assert shop.processes["worker"].running
    assert shop.valkey.client().ping()


def test_a_second_web_process_answers_too(shop: Shop) -> None:
    second = shop.start_second_web()
    assert status_of(int(second.rpartition(":")[2]), "/healthz") == 200
    below = descendants(shop.processes["web-2"].pid)
    assert below
    shop.processes["web-2"].stop()
    wait_until(lambda: not below & descendants(1), 5, "end of the web workers")


def test_settings_reach_the_commands(shop: Shop) -> None:
    assert f"KIRANA_PORT={shop.web_port}\n" in shop.cli("config", "show")
