"""What goes to the browser: small, ours, and as it was written."""

import gzip
import json
import re
from pathlib import Path

import pytest

from kirana.web import styles

STATIC = styles.STATIC
TEMPLATES = STATIC.parent / "templates"
SHEET_LIMIT = 12 * 1024
SCRIPT_LIMIT = 30 * 1024
MODULES = sorted(path for path in (STATIC / "js").glob("*.js") if path.name != "swagger.js")
FOREIGN = re.compile(r"(?:https?:)?//(?!www\.w3\.org/2000/svg)[a-z0-9-]+\.[a-z]{2,}", re.IGNORECASE)
ICON = re.compile(r"""icon(?:_button)?\("([a-z0-9-]+)"|icon_(?:name|after)="([a-z0-9-]+)\"""")


def packed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


def test_the_sheet_is_put_together_from_its_parts() -> None:
    assert styles.SHEET.read_text(encoding="utf-8") == styles.joined()


def test_the_sheet_is_small() -> None:
    assert packed(styles.SHEET) <= SHEET_LIMIT


def test_all_parts_of_the_sheet_are_joined() -> None:
    assert set(styles.sources()) == set((STATIC / "css").rglob("*.css"))


def test_rules_live_in_layers() -> None:
    for part in styles.sources():
        text = re.sub(r"/\*.*?\*/|@layer reset, .*?;", "", part.read_text(), flags=re.DOTALL)
        outside = re.sub(r"@layer \w+ \{", "", _without_layers(text)).strip()
        assert outside == "", f"{part.name} has rules outside a layer"


def _without_layers(text: str) -> str:
    depth, kept = 0, []
    for letter in text:
        depth += letter == "{"
        if depth == 0:
            kept.append(letter)
        depth -= letter == "}"
    return re.sub(r"@layer \w+\s*", "", "".join(kept))


def test_scripts_are_small() -> None:
    assert sum(packed(path) for path in MODULES) <= SCRIPT_LIMIT


@pytest.mark.parametrize("path", [*MODULES, styles.SHEET], ids=lambda path: path.name)
def test_nothing_of_ours_names_another_host(path: Path) -> None:
    text = re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert FOREIGN.findall(text) == []


def test_every_module_is_imported_by_one_that_is_loaded() -> None:
    reached, waiting = set(), ["app.js"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            text = (STATIC / "js" / name).read_text(encoding="utf-8")
            waiting += re.findall(r"""(?:from|import|import\()\s*"\./([\w-]+\.js)\"""", text)
    assert reached == {path.name for path in MODULES}


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'id="([a-z0-9-]+)"', (STATIC / "icons.svg").read_text()))
    wanted = {
        name
        for template in TEMPLATES.rglob("*.html")
        for pair in ICON.findall(template.read_text(encoding="utf-8"))
        for name in pair
        if name
    }
    assert len(wanted) > 20
    assert wanted - sprite == set()


def test_licences_stand_beside_what_others_made() -> None:
    told = (STATIC / "vendor" / "THIRD-PARTY.md").read_text(encoding="utf-8")
    files = [path for path in (STATIC / "vendor").rglob("*.txt") if path.stat().st_size > 500]
    assert {"figtree", "lucide", "fluent-emoji", "swagger"} <= {path.parent.name for path in files}
    assert all(f"vendor/{path.parent.name}/" in told for path in files)


def test_the_sample_of_the_style_guide_is_whole() -> None:
    sample = json.loads((STATIC.parent / "styleguide.json").read_text(encoding="utf-8"))
    for card in [*sample["cards"], *sample["lines"]]:
        assert (STATIC / "departments" / f"{card['picture']}.webp").is_file()


def test_no_field_cuts_a_password() -> None:
    fields = [
        tag
        for path in TEMPLATES.rglob("*.html")
        for tag in re.findall(r"\{\{ field\(.*?\) \}\}|<input[^>]*>", path.read_text())
        if '"password"' in tag
    ]
    assert len(fields) >= 10
    assert [tag for tag in fields if "maxlength" in tag] == []


def test_what_is_wrong_is_named_as_its_field_is() -> None:
    checked = 0
    for path in (*TEMPLATES.glob("accounts/*.html"), TEMPLATES / "privacy" / "data.html"):
        text = path.read_text()
        given = re.search(r"form_errors\(form, (\{.*?\})\)", text)
        known = json.loads(given[1]) if given else {}
        for name, label in re.findall(r"\{\{ (?:field|select)\(\"(\w+)\", \"(.*?)\", ", text):
            if "form_errors(form" in text:
                shown = known.get(name, name.replace("_", " ").capitalize())
                assert shown == label, (path.name, name)
                checked += 1
    assert checked >= 15
