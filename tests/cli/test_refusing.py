"""Outside development: no start without a secret, no demo data; and bad settings in one line."""

import subprocess
from pathlib import Path

import pytest

from tests.cli.running import KIRANA, PYTHON, ROOT, Said, Shop
from tests.machinery.databases import SECRET
from tests.machinery.processes import plain_environment

NO_SECRET = "KIRANA_SECRET must have at least 32 bytes outside development"
CELERY = (PYTHON, "-m", "celery", "-A", "main.celery")
STARTS = {
    "web": (PYTHON, "main.py"),
    "worker": (*CELERY, "worker", "--loglevel=info"),
    "beat": (*CELERY, "beat", "--loglevel=info"),
    "up": (*KIRANA, "up"),
    "check": (*KIRANA, "check"),
}


@pytest.mark.parametrize("name", STARTS)
def test_nothing_starts_without_a_secret(fresh: Shop, name: str) -> None:
    said = fresh.start(*STARTS[name], env="production")
    assert said.refusal == NO_SECRET
    assert not fresh.home.exists()


@pytest.mark.parametrize("command", ["init", "check", "demo", "routes"])
@pytest.mark.parametrize(("env", "secret"), [("production", "x" * 31), ("test", "")])
def test_a_short_secret_is_none(fresh: Shop, command: str, env: str, secret: str) -> None:
    assert fresh.inside(command, env=env, secret=secret).refusal == NO_SECRET
    assert not fresh.home.exists()


@pytest.mark.parametrize("name", ["base_url", "smtp_url"])
def test_production_has_an_address_and_a_mail_server(fresh: Shop, name: str) -> None:
    given = {"base_url": "https://shop.example", "smtp_url": "smtp://localhost:25"}
    said = fresh("init", env="production", secret=SECRET, **given | {name: ""})
    assert said.refusal == f"KIRANA_{name.upper()} must be given in production"


def test_production_has_no_demo(fresh: Shop) -> None:
    given = {
        "env": "production", "secret": SECRET, "base_url": "https://shop.example",
        "smtp_url": "smtp://localhost:25",
    }  # fmt: skip
    fresh("init", **given).answer  # noqa: B018 - asserts that it went well
    assert "development" in fresh("demo", **given).refusal
    assert fresh.rows("SELECT COUNT(*) FROM account") == [(0,)]
    assert fresh.rows("SELECT COUNT(*) FROM store") == [(0,)]
    assert not (fresh.home / "secret").exists()


LOOKING = {
    "check": ("check",),
    "report": ("report", "monthly", "--month", "2026-01", "--dry-run"),
    "export": ("export", "corner"),
    "user role": ("user", "role", "a@shop.example", "admin"),
    "user create": (
        "user", "create", "--role", "admin", "--email", "a@shop.example", "--name", "A",
        "--password-stdin",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LOOKING)
def test_looking_where_no_shop_is_makes_none(fresh: Shop, name: str) -> None:
    told = fresh.inside(*LOOKING[name], typed="a long enough password\n").refusal
    assert str(fresh.home / "kirana.sqlite3") in told
    assert "kirana init" in told
    assert not fresh.home.exists()


def test_looking_from_another_folder_makes_nothing(tmp_path: Path) -> None:
    environ = plain_environment() | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        (*KIRANA, "check"), cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert Said(done.returncode, done.stdout, done.stderr).refusal
    assert list(tmp_path.iterdir()) == []


def test_another_schema_is_named(fresh: Shop) -> None:
    fresh.inside("init").answer  # noqa: B018 - asserts that it went well
    fresh.rows("UPDATE alembic_version SET version_num = 'gone'")
    told = fresh.inside("check").refusal
    assert str(fresh.home / "kirana.sqlite3") in told
    assert "kirana upgrade" in told


def test_a_file_that_is_no_database(fresh: Shop) -> None:
    fresh.home.mkdir()
    (fresh.home / "kirana.sqlite3").write_text("Not a database at all. " * 100)
    assert "cannot be read" in fresh.inside("check").refusal
    assert [path.name for path in fresh.home.iterdir()] == ["kirana.sqlite3"]


def test_a_database_that_is_away_is_named_without_its_password(fresh: Shop) -> None:
    told = fresh.inside("check", database_url="postgresql://asha:hunter2@127.0.0.1:9/shop").refusal
    assert "127.0.0.1:9/shop" in told
    assert "hunter2" not in told


def test_a_password_is_not_asked_for_without_a_terminal(demo: Shop) -> None:
    words = ("user", "create", "--role", "admin", "--email", "a@shop.example", "--name", "A")
    assert "--password-stdin" in demo(*words, typed="a long enough password\n" * 2).refusal


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("port", "eighty", "KIRANA_PORT='eighty' is not a whole number"),
        ("report_empty_months", "maybe", "KIRANA_REPORT_EMPTY_MONTHS='maybe' is not true or false"),
        ("env", "staging", "KIRANA_ENV='staging'"),
        ("zone", "Mars/Base", "KIRANA_ZONE='Mars/Base'"),
        ("database_url", "mysql://x", "KIRANA_DATABASE_URL"),
        ("prot", "8000", "did you mean KIRANA_PORT?"),
    ],
)
def test_a_bad_setting_is_named(fresh: Shop, setting: str, value: str, told: str) -> None:
    assert told in fresh.inside("check", **{setting: value}).refusal
