"""Drawn packs: valid, self-contained, the same every time, with text that fits."""

import re
from xml.etree import ElementTree

import pytest

from kirana.catalog import lettering
from kirana.catalog.drawing import Art, PackFacts, draw_pack, palette_of, shape_of
from kirana.catalog.pack_shapes import SHAPES, Palette
from kirana.demo.catalogue import load_catalogue

COLOURS = Palette("#c8372d", "#7a2a1f", "#e3968f", "#4a2018")
NASTY = PackFacts(
    'A<script>alert("1")</script> & more',
    "Bräd & <Söhne>",
    "500 g \x00 \ud800'\"",
    "Pantry",
    "Rice",
)
LONG = PackFacts("Incomprehensibilities and " * 12, "Donaudampfschiff" * 5, "1.25 kg bag" * 9)


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg.encode())  # noqa: S314 - our own drawing
    return [element.text or "" for element in root.iter() if element.tag.endswith("text")]


@pytest.mark.parametrize("facts", [NASTY, LONG, PackFacts("x"), PackFacts("茶 お茶", "緑")])
def test_any_text_gives_a_valid_document(facts: PackFacts) -> None:
    svg = draw_pack(facts)
    assert texts(svg)
    assert "<script" not in svg
    assert re.findall(r"(?:href|src|url)\s*[=(]\s*[\"']?(?!#)", svg) == []


def test_every_pack_of_the_demo_can_be_drawn_without_a_picture() -> None:
    names = {d.slug: d.name for d in load_catalogue(1).departments}
    shapes = set()
    for product in load_catalogue(1).products:
        facts = PackFacts(
            product.title, product.brand, product.size_text,
            names[product.department], names[product.category],
        )  # fmt: skip
        shapes.add(shape_of(facts))
        shown = " ".join(texts(draw_pack(facts)))
        assert product.brand.upper() in shown
        assert "…" not in shown
        name = product.title.removeprefix(product.brand).strip()
        assert all(word in shown for word in name.split())
    assert shapes == set(SHAPES)


def test_the_same_facts_give_the_same_drawing() -> None:
    facts = PackFacts("Whole Milk", "Meadowgate", "1 L carton")
    assert draw_pack(facts) == draw_pack(facts)
    assert palette_of(facts) == palette_of(PackFacts("Butter", "MEADOWGATE "))
    assert len({palette_of(PackFacts("x", f"Brand {n}")).body for n in range(60)}) > 8


def test_art_is_embedded_and_escaped() -> None:
    svg = draw_pack(PackFacts("Tea", "Hill", "20 bags"), Art('data:image/png;base64,AA=="&<'))
    assert 'href="' in svg or "href='" in svg
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own drawing
    images = [element for element in root.iter() if element.tag.endswith("image")]
    assert [image.get("href") for image in images] == ['data:image/png;base64,AA=="&<']


@pytest.mark.parametrize(
    ("size", "shelf", "shape"),
    [
        ("1 L carton", "Milk", "carton"),
        ("500 ml can", "Energy drinks", "drink_can"),
        ("400 g can", "Tins & cans", "can"),
        ("2 L bottle", "Milk", "flask"),
        ("1 L bottle", "Oils", "bottle"),
        ("750 ml spray", "Cleaning", "spray"),
        ("250 g tub", "Butter", "tub"),
        ("1 kg pack", "Rice", "pouch"),
        ("500 g pack", "Chicken & turkey", "tray"),
        ("50 g jar", "Spices", "jar"),
        ("", "Something new", "box"),
    ],
)
def test_the_pack_suits_size_and_shelf(size: str, shelf: str, shape: str) -> None:
    assert shape_of(PackFacts("Good", "Brand", size, "", shelf)) == shape


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_labels_keep_inside_their_panel(shape: str) -> None:
    panel = SHAPES[shape](COLOURS).panel
    for text in ("Milk", "Organic Extra Virgin Olive Oil", "Handcrafted 85% Dark Chocolate"):
        lines = lettering.fit(text, panel.width, panel.height * 0.6, (44, 15))
        assert " ".join(lines.lines) == text
        assert lines.height <= panel.height * 0.6
        assert all(lettering.width_of(line, lines.size) <= panel.width for line in lines.lines)


def test_what_never_fits_is_shortened() -> None:
    lines = lettering.fit("Word " * 40, 100, 60, (30, 15))
    assert lines.lines[-1].endswith("…")
    assert lines.height <= 64
    assert all(lettering.width_of(line, lines.size) <= 100 for line in lines.lines)
    one = lettering.one_line("A very long brand indeed", 60, (18, 10), 0.08)
    assert len(one.lines) == 1
    assert lettering.width_of(one.lines[0], one.size, 0.08) <= 60
