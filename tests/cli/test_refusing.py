"""Outside development: no start without a secret, no demo data; and bad settings in one line."""

import pytest

from tests.cli.running import KIRANA, PYTHON, Shop
from tests.machinery.databases import SECRET

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


def test_production_has_no_demo(fresh: Shop) -> None:
    given = {"env": "production", "secret": SECRET}
    fresh("init", **given).answer  # noqa: B018 - asserts that it went well
    assert "development" in fresh("demo", **given).refusal
    assert fresh.rows("SELECT COUNT(*) FROM account") == [(0,)]
    assert fresh.rows("SELECT COUNT(*) FROM store") == [(0,)]
    assert not (fresh.home / "secret").exists()


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("port", "eighty", "KIRANA_PORT='eighty' is not a int"),
        ("env", "staging", "KIRANA_ENV='staging'"),
        ("zone", "Mars/Base", "KIRANA_ZONE='Mars/Base'"),
        ("database_url", "mysql://x", "KIRANA_DATABASE_URL"),
        ("prot", "8000", "did you mean KIRANA_PORT?"),
    ],
)
def test_a_bad_setting_is_named(fresh: Shop, setting: str, value: str, told: str) -> None:
    assert told in fresh.inside("check", **{setting: value}).refusal
