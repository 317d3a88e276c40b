"""Draws a product's pack as SVG: the picture of a product that has no photo. Pure.

The same facts give the same drawing, byte for byte. The ground is transparent: the pale well
behind a picture belongs to the page.
"""

import re
import zlib
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from kirana.catalog import lettering
from kirana.catalog.pack_shapes import CREAM, SHAPES, TRAY_WINDOW, Palette, Panel, Shape

MEDIA_TYPE = "image/svg+xml"
CANVAS = 480

_BODIES = (
    "#c8372d", "#e07a12", "#d99b16", "#5d8a2a", "#1f8a5f", "#1d8a96",
    "#2a6fc4", "#3d4fae", "#6c45be", "#a93a8c", "#d5467c", "#a9743f", "#33424f",
)  # fmt: skip
_KRAFT = "#b98f5c"

# Bottles on these shelves have a wide neck.
_FLASKS = {"milk", "sauces", "laundry", "dishes", "toiletries", "hygiene", "cleaning", "shampoo"}

# The first row with a whole word of the size, then of the shelf, decides.
_BY_SIZE = (
    ("spray", "spray"),
    ("carton", "carton"),
    ("bottle", "bottle"),
    ("jar", "jar"),
    ("can tin", "can"),
    ("box boxes bags tablets capsules sachets tube bar", "box"),
    ("tub pot", "tub"),
    ("bag pouch bunch wipes pods gummies", "pouch"),
)
_BY_SHELF = (
    ("cakes pastries biscuits cookies", "box"),
    ("meat beef pork chicken turkey poultry fish seafood shellfish bacon ham", "tray"),
    ("yogurt yoghurt cream ice desserts", "tub"),
    ("milk juice juices", "carton"),
    ("water oil oils drinks cleaning", "bottle"),
    ("spices sauces vitamins jam honey", "jar"),
    ("canned tins", "can"),
    ("meals ready butter tea tablets medicine", "box"),
    (
        "rice pasta flour grains pulses dry nuts chips crisps candies coffee frozen vegetables "
        "fruit fruits herbs detergents paper loose produce bread cheese spreads",
        "pouch",
    ),
)

_SHEEN = (
    '<linearGradient id="sheen"><stop offset="0" stop-opacity=".3"/>'
    '<stop offset=".14" stop-opacity=".07"/><stop offset=".2" stop-color="#fff" stop-opacity=".1"/>'
    '<stop offset=".29" stop-color="#fff" stop-opacity=".36"/>'
    '<stop offset=".4" stop-color="#fff" stop-opacity=".04"/>'
    '<stop offset=".68" stop-opacity=".03"/><stop offset="1" stop-opacity=".34"/>'
    "</linearGradient>"
)
_GROUND = (
    '<radialGradient id="ground"><stop offset=".55" stop-color="#241a10" stop-opacity=".24"/>'
    '<stop offset="1" stop-color="#241a10" stop-opacity="0"/></radialGradient>'
)


@dataclass(frozen=True, slots=True)
class PackFacts:
    """What a pack shows or is chosen by; only the title is needed."""

    title: str
    brand: str = ""
    size_text: str = ""
    category: str = ""
    product_type: str = ""


@dataclass(frozen=True, slots=True)
class Art:
    """A square picture to put on the label: a data address, and how often on a tray."""

    href: str
    copies: int = 3


def draw_pack(facts: PackFacts, art: Art | None = None) -> str:
    """A whole SVG document of the product's pack, 480 by 480, with no outside reference."""
    kind = shape_of(facts)
    colours = palette_of(facts)
    shape = SHAPES[kind](colours)
    if kind == "tray":
        inside = _tray_inside(colours, art) + f'<path d="{shape.label}" fill="{CREAM}"/>'
        words = _label(facts, shape, colours, None)
        pack = f'<path d="{shape.outline}" fill="{colours.body}"/>{inside}{words}'
    else:
        words = _label(facts, shape, colours, art or _emblem(facts, colours))
        pack = (
            f'{shape.behind}<path d="{shape.outline}" fill="{colours.body}"/>'
            f'<path d="{shape.label}" fill="{CREAM}"/>{words}'
            f'<path d="{shape.outline}" fill="url(#sheen)"/>{shape.front}'
        )
    left, right = shape.rests
    foot = 446 if kind != "tray" else 414
    return document(shadow(left - 18, right + 18, foot) + pack)


def shape_of(facts: PackFacts) -> str:
    """The name of the pack shape that suits the product."""
    size = _words(facts.size_text)
    for words, shape in _BY_SIZE:
        if size & set(words.split()):
            return _variant(shape, facts, size)
    if _words(facts.title) & {"fingers", "sticks", "nuggets"}:
        return "box"
    for source in (facts.product_type, facts.category, facts.title):
        known = _words(source)
        for words, shape in _BY_SHELF:
            if known & set(words.split()):
                return shape
    return "box"


def _variant(shape: str, facts: PackFacts, size: set[str]) -> str:
    if shape == "can" and "ml" in size:
        return "drink_can"
    if shape == "bottle" and _words(facts.product_type) & _FLASKS:
        return "flask"
    return shape


def palette_of(facts: PackFacts) -> Palette:
    """Colours by the brand; goods without one come in plain paper."""
    body = _KRAFT
    if facts.brand.strip():
        body = _BODIES[zlib.crc32(lettering.clean(facts.brand).lower().encode()) % len(_BODIES)]
    return Palette(
        body=body,
        deep=_mixed(body, "#17100a", 0.38),
        soft=_mixed(body, "#ffffff", 0.42),
        ink=_mixed(body, "#17100a", 0.7),
    )


def document(content: str) -> str:
    """``content`` inside the canvas with its gradients and its typeface."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {CANVAS} {CANVAS}" '
        f'width="{CANVAS}" height="{CANVAS}"><defs>{_SHEEN}{_GROUND}</defs>'
        '<g font-family="Figtree, system-ui, sans-serif" font-weight="750" text-anchor="middle">'
        f"{content}</g></svg>"
    )


def shadow(left: float, right: float, y: float) -> str:
    """What the thing standing between two edges throws on the ground."""
    middle, radius = (left + right) / 2, (right - left) / 2
    return f'<ellipse cx="{middle:g}" cy="{y:g}" rx="{radius:g}" ry="15" fill="url(#ground)"/>'


def _label(facts: PackFacts, shape: Shape, colours: Palette, art: Art | str | None) -> str:
    panel = shape.panel
    name = _without_brand(facts.title, facts.brand)
    brand_room = shape.brand or panel
    brand = lettering.one_line(facts.brand.upper(), brand_room.width, (19, 10), 0.08)
    size = lettering.one_line(facts.size_text, panel.width * 0.9, (20, 12))
    above = brand.height + 6 if facts.brand and shape.brand is None else 0
    below = size.height + 4 if facts.size_text else 0
    room = panel.height - above - below
    picture = min(112.0, room * 0.5, panel.width * 0.72) if art else 0.0
    title = lettering.fit(name, panel.width, room - picture - 8, (44, 15))
    if art:
        picture = min(132.0, room - title.height - 12, panel.width * 0.8)
    spare = max(0.0, room - title.height - picture) / 3
    y = panel.y + (spare if shape.brand or not art else spare / 2)
    drawn = ""
    if facts.brand:
        drawn, y = _brand_line(brand, shape, y, colours)
    drawn += lettering.draw(title, panel.middle, y, colours.ink)
    y += title.height + spare
    if art:
        drawn += _placed(art, panel.middle, y, picture)
    if facts.size_text:
        drawn += lettering.draw(size, panel.middle, panel.y + panel.height - size.height, "#5d564c")
    return drawn


def _brand_line(
    brand: lettering.Lines, shape: Shape, y: float, colours: Palette
) -> tuple[str, float]:
    """The brand, on its own place or at ``y``; and where the next line starts."""
    if shape.brand is None:
        return lettering.draw(
            brand, shape.panel.middle, y, colours.deep, 0.08
        ), y + brand.height + 6
    top = shape.brand.y + (shape.brand.height - brand.height) / 2
    return lettering.draw(brand, shape.brand.middle, top, "#ffffff", 0.08), y


def _placed(art: Art | str, x: float, top: float, size: float) -> str:
    if isinstance(art, Art):
        return image(art.href, Panel(x - size / 2, top, size, size))
    return (
        f'<g transform="translate({x - size / 2:.1f} {top:.1f}) scale({size / 100:.3f})">{art}</g>'
    )


def image(href: str, place: Panel, turn: float = 0) -> str:
    """An embedded picture, turned by degrees around its middle."""
    about = f"{place.middle:.1f} {place.y + place.height / 2:.1f}"
    turned = f' transform="rotate({turn:g} {about})"' if turn else ""
    return (
        f'<image x="{place.x:.1f}" y="{place.y:.1f}" width="{place.width:.1f}" '
        f'height="{place.height:.1f}"{turned} href={quoteattr(href)}/>'
    )


def _emblem(facts: PackFacts, colours: Palette) -> str:
    """A roundel with a sprig, where no picture is to be had."""
    return (
        f'<circle cx="50" cy="50" r="44" fill="{colours.soft}"/>'
        f'<path d="M50 80V38" stroke="{colours.ink}" stroke-width="4" stroke-linecap="round"/>'
        f'<g fill="{colours.deep}"><path d="M50 40Q36 30 50 12Q64 30 50 40Z"/>'
        '<path d="M49 58Q28 58 24 36Q46 36 49 58Z"/><path d="M51 58Q72 58 76 36Q54 36 51 58Z"/>'
        '<path d="M49 76Q30 76 26 58Q46 57 49 76Z"/><path d="M51 76Q70 76 74 58Q54 57 51 76Z"/></g>'
    )


def _tray_inside(colours: Palette, art: Art | None) -> str:
    ground = f'<path d="{TRAY_WINDOW}" fill="#363c42"/>'
    copies = art.copies if art else 3
    step = 92.0 if copies == 3 else 128.0
    size = 132.0 if copies == 3 else 146.0
    first = 240 - step * (copies - 1) / 2 - size / 2
    pieces = ""
    for number in range(copies):
        place = Panel(first + number * step, 156, size, size)
        if art:
            pieces += image(art.href, place, turn=(-8, 6, -4)[number % 3])
        else:
            pieces += (
                f'<ellipse cx="{place.middle:g}" cy="226" rx="52" ry="44" fill="{colours.soft}"/>'
            )
    gloss = '<path d="M92 164H220L150 286H84L76 180Q76 164 92 164Z" fill="#fff" opacity=".1"/>'
    return ground + pieces + gloss


def _without_brand(title: str, brand: str) -> str:
    title, brand = lettering.clean(title), lettering.clean(brand)
    rest = title[len(brand) :].strip() if title.lower().startswith(brand.lower()) else title
    return rest or title


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", text.lower()))


def _mixed(colour: str, other: str, share: float) -> str:
    pairs = ((int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
