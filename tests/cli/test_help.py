"""Every command explains itself with an example, and needs nothing for that."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from kirana.cli import main
from tests.cli.running import Shop

WANTED = {
    "up", "init", "upgrade", "demo", "check", "user create", "user role", "report monthly",
    "export", "mailbox", "config show", "routes", "openapi", "stock explain",
}  # fmt: skip


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command and group below ``group``."""
    for name, command in group.commands.items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def test_the_commands_that_the_shop_promises() -> None:
    assert {" ".join(words) for words in commands()} >= WANTED


@pytest.mark.parametrize("words", [(), *commands()], ids=" ".join)
def test_help_shows_an_example(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    # Production without a secret: nothing else would run.
    monkeypatch.setenv("KIRANA_ENV", "production")
    answer = CliRunner().invoke(main, [*words, "--help"])
    assert answer.exit_code == 0, answer.output
    _, _, examples = answer.output.partition("Example")
    lines = examples.partition("\n\n")[0].splitlines()[1:]
    assert lines
    assert all("kirana " in line for line in lines)
    assert any(f"kirana {' '.join(words)}".rstrip() in line for line in lines)


def test_help_of_the_real_command_makes_nothing(fresh: Shop) -> None:
    assert "kirana demo --seed" in fresh("demo", "-h", env="production").answer
    assert not fresh.home.exists()


def test_a_wrong_command_is_told_so(fresh: Shop) -> None:
    said = fresh.inside("chekc")
    assert said.status == 2
    assert "No such command" in said.err
    assert "Traceback" not in said.err


def test_the_version(fresh: Shop) -> None:
    assert fresh.inside("--version").answer.strip()
