"""Each rule finds what is planted, and lets the honest twin pass."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import flask
import pytest

from tests.rules import code, files, security
from tests.rules.source import ROOT, Source, parse

Rule = Callable[[Source], list[str]]
LONG = "def f():\n" + "    x = 1\n" * 40
DOCUMENTED = 'def f():\n    """What\n    it does."""\n\n    # why\n    a = 1\n    return a\n'
FIT = "def f():\n" + "    x = 1\n" * 39


class Plant(NamedTuple):
    rule: Rule
    path: str
    bad: str
    good: str


PLANTS = [
    Plant(code.commits_in_one_place, "kirana/cart/services.py", "c.commit()", "commit = 1"),
    Plant(code.commits_in_one_place, "main.py", "x.y.rollback()", "x.y.begin()"),
    Plant(
        code.commits_in_one_place,
        "kirana/search/writing.py",
        "connection.commit()",
        "index_writer.commit()",
    ),
    Plant(code.commits_in_one_place, "kirana/search/api.py", "index_writer.commit()", "commit = 1"),
    Plant(code.functions_are_short, "kirana/cart/services.py", LONG, FIT),
    Plant(code.modules_are_short, "kirana/cart/services.py", "a = 1\n" * 301, "a = 1\n" * 300),
    Plant(
        code.few_parameters,
        "kirana/cart/services.py",
        "def f(a, b, c, d, *, e, f): ...",
        "@verb\ndef f(connection, a, b, c, *, d, e): ...",
    ),
    Plant(
        code.few_parameters,
        "kirana/cart/services.py",
        "def f(a, connection, b, c, d, e): ...",
        "class A:\n    def f(self, a, b, c, d, e): ...",
    ),
    Plant(code.imports_at_the_top, "main.py", "def f():\n    import os", "import os"),
    Plant(
        code.imports_at_the_top,
        "main.py",
        "def f():\n    if x:\n        from os import path",
        "if x:\n    from os import path",
    ),
    Plant(code.one_clock, "kirana/cart/services.py", "datetime.now(UTC)", "clock.now(connection)"),
    Plant(code.one_clock, "main.py", "dt.datetime.utcnow()", "dt.timedelta()"),
    Plant(code.one_clock, "kirana/cart/pages.py", "datetime.date.today()", "clock.utc_now()"),
    Plant(
        code.no_built_sql,
        "kirana/cart/queries.py",
        'c.execute(text(f"SELECT {x}"))',
        'c.execute(text("SELECT :x"), {"x": x})',
    ),
    Plant(
        code.no_built_sql,
        "kirana/cart/queries.py",
        'c.exec_driver_sql("SELECT " + x)',
        'c.exec_driver_sql(f"PRAGMA cache_size={x}")',
    ),
    Plant(code.no_built_sql, "kirana/cart/queries.py", 'text("a %s" % x)', 'log.info("a %s" % x)'),
    Plant(code.no_built_sql, "kirana/cart/queries.py", 'text("{}".format(x))', 'text("{}")'),
    Plant(
        security.owners_are_asked,
        "kirana/orders/queries.py",
        "@query\ndef get_order(connection, actor, number):\n    return find(number)",
        "@query\ndef get_order(connection, actor, number):\n    return find(number, actor.me())",
    ),
    Plant(
        security.owners_are_asked,
        "kirana/orders/services/moving.py",
        "@verb\ndef cancel(connection, number): ...",
        "def cancel(connection, number): ...",
    ),
    Plant(
        security.no_sql_from_pieces,
        "kirana/orders/queries.py",
        'find = f"SELECT * FROM t WHERE x = {x}"',
        'find = "SELECT * FROM t WHERE x = :x"',
    ),
    Plant(security.no_sql_from_pieces, "main.py", 'a = "DELETE FROM " + t', 'a = "Delete " + t'),
    Plant(security.no_sql_from_pieces, "main.py", '"UPDATE {} SET".format(t)', '"{}".format(t)'),
    Plant(security.no_dangerous_calls, "main.py", "pickle.loads(x)", "json.loads(x)"),
    Plant(security.no_dangerous_calls, "main.py", "eval(x)", "literal_eval(x)"),
    Plant(security.no_dangerous_calls, "main.py", "run(x, shell=True)", "run(x, shell=False)"),
    Plant(security.no_markup_of_texts, "main.py", "Markup(x)", 'Markup("<b>")'),
    Plant(security.no_markup_of_texts, "main.py", "render_template_string(x)", "render(x)"),
    Plant(
        security.secrets_are_compared_slowly,
        "main.py",
        "if given == self.token_hash: ...",
        "a = Session.token_hash == given\nb = token == ''\nhmac.compare_digest(token, given)",
    ),
    Plant(security.chance_is_for_jitter, "kirana/cart/x.py", "import random", "import secrets"),
    Plant(
        security.input_is_read_through_schemas,
        "kirana/cart/pages.py",
        "x = request.form['a']",
        "x = posted(Form)",
    ),
    Plant(
        security.silence_has_a_reason,
        "kirana/cart/pages.py",
        "x = 1  # noqa: S105",
        "x = 1  # noqa: S105 - why",
    ),
    Plant(code.telling_names, "kirana/cart/utils.py", "", ""),
    Plant(code.telling_names, "kirana/common/cart.py", "", ""),
    Plant(code.telling_names, "kirana/cart/x.py", "class CartManager: ...", "class Managers: ..."),
    Plant(
        code.layers_know_their_libraries,
        "kirana/cart/services/placing.py",
        "from flask import g",
        "from sqlalchemy import select",
    ),
    Plant(
        code.layers_know_their_libraries,
        "kirana/cart/api.py",
        "import sqlalchemy.orm",
        "import flask",
    ),
    Plant(files.templates_are_clean, "kirana/cart/templates/a.html", "{{ x | safe }}", "{{ x }}"),
    Plant(
        files.templates_are_clean,
        "kirana/cart/templates/a.html",
        "<script>go()</script>",
        '<script type="module" src="/a.js"></script>',
    ),
    Plant(
        files.templates_are_clean,
        "kirana/cart/templates/a.html",
        '<p class="a" style="color: red">',
        '<p class="style">style=</p>',
    ),
    Plant(
        files.templates_are_clean,
        "kirana/cart/templates/a.html",
        '<a onclick="x()">',
        '<a data-on="x">',
    ),
    Plant(
        files.templates_are_clean,
        "kirana/notifications/templates/a.html",
        "<p onload=x>",
        '<p style="color: red">',
    ),
    Plant(
        files.lock_is_whole,
        "requirements.lock",
        "a==1 \\\n    --hash=sha256:0\nb==2\n",
        "a==1 \\\n    --hash=sha256:0\nb==2 ; x > 1 \\\n    --hash=sha256:1\n    # via a\n",
    ),
    Plant(
        files.lock_is_whole,
        "requirements.lock",
        "a>=1 --hash=sha256:0",
        "# a note\na==1 --hash=sha256:0",
    ),
    Plant(files.lock_is_whole, "requirements.lock", "", "a==1 --hash=sha256:0"),
    Plant(
        files.no_download_address,
        "Makefile",
        "pip install --index-url x",
        "curl http://localhost:8000/",
    ),
    Plant(files.no_download_address, "up", "pip install -i x y", "sed -i x y"),
    Plant(files.no_download_address, "up", "curl https://example.org/x", "pip install x"),
]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.rule.__name__}-{plant.path}")
def test_a_planted_violation_is_found(plant: Plant) -> None:
    assert plant.rule(parse(plant.path, plant.bad))
    if plant.rule is not code.telling_names or plant.good:
        assert plant.rule(parse(plant.path, plant.good)) == []


def test_every_rule_about_code_has_a_plant() -> None:
    assert {plant.rule for plant in PLANTS} >= {*code.RULES, *security.RULES}


def test_a_product_too_large_is_found() -> None:
    rooms = [
        parse(f"kirana/{name}/a.py", DOCUMENTED * (files.MOST_LINES // 24)) for name in "abcdefgh"
    ]
    assert files.product_is_small(rooms) == []
    assert files.product_is_small([*rooms, parse("kirana/i/a.py", DOCUMENTED * 10)])
    large = files.MOST_LINES_OF_A_ROOM // 3 + 1
    assert files.product_is_small([parse("kirana/a/a.py", DOCUMENTED * large)])


def test_a_setting_without_a_word_is_found_and_a_word_without_a_setting() -> None:
    page = (ROOT / "kirana" / "platform" / "config.py").read_text()
    findings = files.settings_are_documented(f"{page} `KIRANA_HOME` KIRANA_NO_SUCH_THING")
    assert "not documented: KIRANA_SECRET" in files.settings_are_documented("KIRANA_HOME")
    assert "not documented: KIRANA_HOME" not in findings
    assert "not a setting: KIRANA_NO_SUCH_THING" in findings


def test_a_route_without_access_is_found() -> None:
    app = flask.Flask("planted", static_folder=None)

    def view() -> str:
        return ""

    def declared() -> str:
        return ""

    declared.__access__ = "public"  # type: ignore[attr-defined]
    app.add_url_rule("/open", "open", view)
    app.add_url_rule("/declared", "declared", declared)
    assert files.routes_declare_access(app) == ["/open (open)"]


PLANTED_IMPORTS = [
    ("kirana/platform/money.py", "import kirana.orders"),
    ("kirana/stock/services.py", "import kirana.pricing"),
    ("kirana/orders/queries.py", "import kirana.orders.services"),
    ("kirana/cart/services/adding.py", "import kirana.cart.pages"),
]


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """The packages of the product with nothing in them, under the product's contracts."""
    for package in ROOT.glob("kirana/*/__init__.py"):
        _write(tmp_path / package.relative_to(ROOT))
    _write(tmp_path / "kirana/__init__.py")
    _write(tmp_path / "kirana/cart/services/__init__.py")
    _write(tmp_path / "kirana/cart/pages.py")
    _write(tmp_path / "kirana/orders/services.py")
    _write(tmp_path / ".importlinter", (ROOT / ".importlinter").read_text())
    return tmp_path


def _write(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports_command as c; c()"
    return subprocess.run(
        [sys.executable, "-c", dedent(program), "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_go_one_way() -> None:
    lint = _lint_imports(ROOT)
    assert lint.returncode == 0, lint.stdout + lint.stderr


def test_the_skeleton_keeps_the_contracts(skeleton: Path) -> None:
    lint = _lint_imports(skeleton)
    assert lint.returncode == 0, lint.stdout + lint.stderr


@pytest.mark.parametrize(("path", "line"), PLANTED_IMPORTS)
def test_an_import_against_the_stream_is_found(skeleton: Path, path: str, line: str) -> None:
    _write(skeleton / path, line)
    lint = _lint_imports(skeleton)
    assert lint.returncode == 1
    assert "1 broken" in lint.stdout
