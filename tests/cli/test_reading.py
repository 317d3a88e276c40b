"""What commands print: figures, settings, routes, the API's description."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from kirana.demo.people import CUSTOMER_EMAIL, ZONE
from kirana.platform.clock import month_before, month_bounds
from tests.cli.running import Shop
from tests.machinery.databases import SECRET

MONTH = month_before(datetime.now(UTC), ZoneInfo(ZONE))


def _stored(moment: datetime) -> str:
    """As SQLite keeps it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"


def _figures(shop: Shop) -> tuple[int, int]:
    """Orders and minor units of MONTH by plain SQL."""
    start, end = month_bounds(MONTH, ZoneInfo(ZONE))
    [(orders, spend)] = shop.rows(
        'SELECT COUNT(*), SUM(o.total_minor) FROM "order" o '
        "JOIN account a ON a.id = o.account_id AND a.status = 'active' AND a.role = 'customer' "
        "WHERE o.status <> 'cancelled' AND o.placed_at >= ? AND o.placed_at < ?",
        _stored(start),
        _stored(end),
    )
    return orders, spend


def test_a_dry_run_prints_the_figures_of_plain_sql(seeded: Shop) -> None:
    mails = seeded.rows("SELECT COUNT(*) FROM outbox")
    lines = seeded("report", "monthly", "--month", MONTH, "--dry-run").answer.splitlines()
    people, word, orders, _items, spend = lines[-1].split()
    wanted = _figures(seeded)
    assert wanted[0] > 0
    assert (people, word) == ("60", "reports")
    assert (int(orders), int(spend.replace(".", ""))) == wanted
    assert any(line.startswith(CUSTOMER_EMAIL) for line in lines)
    assert seeded.rows("SELECT COUNT(*) FROM outbox") == mails
    assert seeded.rows("SELECT COUNT(*) FROM report_delivery") == [(0,)]


def test_a_month_is_owed_once(demo: Shop) -> None:
    words = ("report", "monthly", "--month", MONTH)
    assert demo(*words).answer == f"60 reports for {MONTH} will be mailed.\n"
    assert demo.inside(*words).answer == f"0 reports for {MONTH} will be mailed.\n"
    assert demo.rows("SELECT COUNT(*) FROM outbox WHERE kind = 'monthly_report'") == [(60,)]
    assert "rules hold" in demo.inside("check").answer


@pytest.mark.parametrize("month", ["2026-13", "october", "26-10"])
def test_a_month_that_is_none(seeded: Shop, month: str) -> None:
    said = seeded.inside("report", "monthly", "--month", month, "--dry-run")
    assert said.status == 2
    assert "YYYY-MM" in said.err


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_month_that_is_not_over(seeded: Shop, more: tuple[str, ...]) -> None:
    coming = f"{datetime.now(UTC) + timedelta(days=40):%Y-%m}"
    said = seeded.inside("report", "monthly", "--month", coming, *more)
    assert said.refusal == "That month has not ended yet in every store."
    assert said.out == ""


@pytest.mark.parametrize("words", [("routes",), ("openapi",), ("config", "show")])
def test_what_needs_no_database_makes_nothing(fresh: Shop, words: tuple[str, ...]) -> None:
    assert fresh(*words).answer
    assert not fresh.home.exists()


def test_settings_are_shown_without_secrets(fresh: Shop) -> None:
    given = {
        "secret": SECRET,
        "smtp_url": "smtp://asha:hunter2@mail.example:25",
        "database_url": "postgresql://asha:hunter3@db.example/shop",
        "redis_url": "redis://:hunter4@cache.example/0",
        "shop_name": "Asha's Shop",
    }
    shown = fresh("config", "show", **given).answer
    lines = dict(line.split("=", 1) for line in shown.splitlines())
    assert "hunter" not in shown
    assert SECRET not in shown
    for name in ("SECRET", "SMTP_URL", "DATABASE_URL", "REDIS_URL"):
        assert lines[f"KIRANA_{name}"] == "********"
    assert lines["KIRANA_PORT"] == "8000"
    told = fresh.inside("config", "show", "--secrets", **given).answer
    assert "hunter2" in told
    assert SECRET in told


def test_settings_can_be_pasted_into_a_shell(fresh: Shop) -> None:
    told = fresh("config", "show", "--secrets", secret=SECRET, shop_name="Asha's Shop").answer
    script = f'{told}\nprintf \'%s|%s\' "$KIRANA_SHOP_NAME" "$KIRANA_MAIL_FROM"'
    said = fresh.start("/bin/sh", "-c", script)
    assert said.answer == "Asha's Shop|Kirana <shop@localhost>"


def test_the_settings_page_is_what_the_command_prints(fresh: Shop) -> None:
    said = fresh.inside("config", "docs").answer
    assert "| `KIRANA_PORT` | `8000` |" in said


def test_every_route_has_a_policy(fresh: Shop) -> None:
    lines = fresh("routes").answer.splitlines()
    assert len(lines) > 80
    assert "UNDECLARED" not in "\n".join(lines)
    policies = {line.split()[1]: line.split()[2] for line in lines if line.startswith("POST")}
    assert policies["/api/v1/auth/sign-in"] == "public"
    assert policies["/api/v1/exports"] == "write:exports"


def test_the_apis_description_is_valid(fresh: Shop) -> None:
    fresh.home.mkdir()
    path = fresh.home / "openapi.json"
    printed = json.loads(fresh("openapi").answer)
    assert fresh.inside("openapi", "--out", str(path)).answer == ""
    assert json.loads(path.read_text()) == printed
    assert printed["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(printed).validate()
