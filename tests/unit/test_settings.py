import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import pytest

from kirana.platform.config import Settings, SettingsError, load_settings


def test_development_makes_one_secret_for_all_processes(tmp_path: Path) -> None:
    environ = {"KIRANA_HOME": str(tmp_path / "home")}
    with ThreadPoolExecutor(16) as pool:
        secrets = {found.secret for found in pool.map(load_settings, [environ] * 64)}
    assert len(secrets) == 1
    assert len(secrets.pop()) >= 32
    assert stat.S_IMODE(os.stat(tmp_path / "home" / "secret").st_mode) == 0o600
    assert os.listdir(tmp_path / "home") == ["secret"]


@pytest.mark.parametrize("env", ["production", "test"])
@pytest.mark.parametrize("secret", [None, "", "short", "x" * 31])
def test_outside_development_a_secret_is_required(
    tmp_path: Path, env: str, secret: str | None
) -> None:
    environ = {"KIRANA_HOME": str(tmp_path), "KIRANA_ENV": env}
    if secret is not None:
        environ["KIRANA_SECRET"] = secret
    with pytest.raises(SettingsError, match="KIRANA_SECRET must have at least 32 bytes"):
        load_settings(environ)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KIRANA_PORT", "http"),
        ("KIRANA_ENV", "staging"),
        ("KIRANA_ZONE", "Mars/Base"),
        ("KIRANA_DATABASE_URL", "mysql://x"),
        ("KIRANA_REPORT_EMPTY_MONTHS", "maybe"),
        ("KIRANA_HOLD_MINUTES", "0"),
        ("KIRANA_HOLD_MINUTES", "121"),
        ("KIRANA_HOLD_LINES", "101"),
        ("KIRANA_HOLD_INCREMENTS", "0"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"KIRANA_HOME": str(tmp_path), name: value})
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


LIMITS = [item.name.upper() for item in fields(Settings) if "least" in item.metadata]


@pytest.mark.parametrize("value", ["0", "-1"])
@pytest.mark.parametrize("name", LIMITS)
def test_no_limit_can_be_switched_off(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^KIRANA_{name} must be at least 1$"):
        load_settings({"KIRANA_HOME": str(tmp_path), f"KIRANA_{name}": value})


def test_every_rate_among_the_settings_is_a_limit() -> None:
    rates = [f.name.upper() for f in fields(Settings) if "_per_" in f.name]
    assert rates == LIMITS
    assert len(LIMITS) >= 13


def test_a_setting_says_what_it_should_be(tmp_path: Path) -> None:
    home = {"KIRANA_HOME": str(tmp_path)}
    with pytest.raises(SettingsError, match="^KIRANA_PORT='abc' is not a whole number$"):
        load_settings(home | {"KIRANA_PORT": "abc"})
    with pytest.raises(
        SettingsError, match="^KIRANA_REPORT_EMPTY_MONTHS='x' is not true or false$"
    ):
        load_settings(home | {"KIRANA_REPORT_EMPTY_MONTHS": "x"})


def test_who_only_looks_makes_no_secret(tmp_path: Path) -> None:
    environ = {"KIRANA_HOME": str(tmp_path / "home")}
    assert load_settings(environ, make_secret=False).secret == ""
    assert os.listdir(tmp_path) == []
    made = load_settings(environ).secret
    assert load_settings(environ, make_secret=False).secret == made
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="KIRANA_PROT"):
        load_settings({"KIRANA_HOME": str(tmp_path), "KIRANA_PROT": "8000"})
