"""Food and things that the picture set lacks, drawn: SVG on a canvas of 100 by 100 each."""

from collections.abc import Callable

from tools import drawn_plants as plants
from tools.drawn_pieces import gradient, turned


def fillet(light: str, dark: str, vein: str) -> str:
    body = "M10 62Q8 42 34 30Q64 16 88 28Q98 36 92 54Q84 76 52 82Q16 86 10 62Z"
    veins = "".join(
        f'<path d="M{x} {top}Q{x + 10} 52 {x - 4} {end}" fill="none" stroke="{vein}" '
        'stroke-width="3.2" stroke-linecap="round" opacity=".75"/>'
        for x, top, end in ((28, 38, 76), (44, 32, 78), (60, 28, 76), (75, 28, 70))
    )
    return (
        gradient("f", light, dark)
        + f'<path d="{body}" transform="translate(2 5)" fill="{dark}"/>'
        + f'<path d="{body}" fill="url(#f)"/>{veins}'
        + '<path d="M18 50Q26 36 46 29" fill="none" stroke="#fff" stroke-width="4" '
        'stroke-linecap="round" opacity=".5"/>'
    )


def mince(light: str, dark: str) -> str:
    strands = ""
    for row in range(5):
        for place in range(6 - row % 2):
            x, y = 16 + place * 13 + (row % 2) * 6, 78 - row * 12
            if abs(x - 50) > 44 - row * 6:
                continue
            wave = f"M{x - 8} {y + 4}q4 -12 9 -4t9 -6"
            strands += (
                f'<path d="{wave}" transform="translate(0 2)" stroke="{dark}"/>'
                f'<path d="{wave}" stroke="{light}"/>'
            )
    heap = "M8 84Q14 44 34 30Q50 18 66 30Q88 46 92 84Q50 96 8 84Z"
    return (
        gradient("m", light, dark)
        + f'<path d="{heap}" fill="url(#m)"/><g fill="none" stroke-width="8" '
        f'stroke-linecap="round">{strands}</g>'
    )


def sausages(light: str, dark: str) -> str:
    one = (
        f'<path d="M-36 -6Q0 16 36 -6" fill="none" stroke="{dark}" stroke-width="24" '
        'stroke-linecap="round" transform="translate(0 3)"/>'
        f'<path d="M-36 -6Q0 16 36 -6" fill="none" stroke="{light}" stroke-width="22" '
        'stroke-linecap="round"/>'
        '<path d="M-34 -11Q0 8 34 -11" fill="none" stroke="#fff" stroke-width="4" opacity=".38" '
        'stroke-linecap="round"/>'
    )
    return turned(one, -14, 48, 30) + turned(one, -10, 50, 54) + turned(one, -6, 52, 78)


def slices(light: str, dark: str, spot: str) -> str:
    spots = "".join(
        f'<circle cx="{x}" cy="{y}" r="{r}" fill="{spot}" opacity=".85"/>'
        for x, y, r in ((-12, -9, 4), (8, -14, 3), (13, 4, 4), (-4, 9, 3.4), (-16, 7, 2.6),
                        (3, -2, 2.4), (5, 17, 2.8))
    )  # fmt: skip
    one = (
        f'<circle cy="2.5" r="29" fill="{dark}"/><circle r="28" fill="{dark}"/>'
        f'<circle r="25.5" fill="{light}"/>{spots}'
    )
    return turned(one, 0, 34, 38) + turned(one, 70, 66, 42) + turned(one, 160, 50, 66)


def mussels() -> str:
    one = (
        '<path d="M0 -34Q30 -14 24 14Q18 32 0 34Q-18 32 -24 14Q-30 -14 0 -34Z" fill="url(#u)"/>'
        '<path d="M0 -24Q20 -8 17 12M0 -24Q-20 -8 -17 12M0 -24Q6 0 0 26" fill="none" '
        'stroke="#c3cff0" stroke-width="2" opacity=".6"/>'
        '<path d="M-12 -12Q-18 2 -14 14" fill="none" stroke="#fff" stroke-width="4" '
        'opacity=".35" stroke-linecap="round"/>'
    )
    return (
        gradient("u", "#7486bd", "#2c3660")
        + turned(one, -30, 32, 52)
        + turned(one, 30, 68, 50)
        + turned(one, 0, 50, 60)
    )


def muffin(light: str, dark: str, dots: str) -> str:
    spots = "".join(
        f'<circle cx="{x}" cy="{y}" r="4.6" fill="{dots}"/>'
        for x, y in ((30, 38), (46, 26), (62, 34), (74, 46), (50, 44), (36, 52), (62, 52))
    )
    pleats = "".join(
        f'<path d="M{x} 58L{50 + (x - 50) * 0.8:g} 92" stroke="#b9854f" stroke-width="2"/>'
        for x in (32, 44, 56, 68)
    )
    return (
        gradient("mf", light, dark)
        + '<path d="M20 56H80L72 92Q50 97 28 92Z" fill="#e2b27a"/>'
        + pleats
        + '<path d="M14 56Q8 42 24 36Q28 14 50 14Q72 14 76 36Q92 42 86 56Q80 66 50 66'
        'Q20 66 14 56Z" fill="url(#mf)"/>'
        + (spots if dots else "")
        + '<path d="M30 30Q36 20 48 19" fill="none" stroke="#fff" stroke-width="5" '
        'stroke-linecap="round" opacity=".45"/>'
    )


def dollop() -> str:
    """A bowl of cream or yogurt."""
    return (
        gradient("dl", "#8fb9ec", "#4f7fc4")
        + '<path d="M8 52H92Q90 88 50 92Q10 88 8 52Z" fill="url(#dl)"/>'
        '<ellipse cx="50" cy="52" rx="42" ry="11" fill="#3f6cb0"/>'
        '<path d="M14 52Q16 40 30 40Q32 28 44 29Q46 14 56 10Q56 20 62 26Q72 28 70 39'
        'Q84 40 86 52Q50 66 14 52Z" fill="#fffaf0" stroke="#dcd2c0" stroke-width="1.4"/>'
        '<path d="M30 46Q48 54 68 44M44 34Q54 38 62 32" fill="none" stroke="#d9cdb8" '
        'stroke-width="3" stroke-linecap="round"/>'
        '<path d="M18 66Q22 78 34 83" fill="none" stroke="#fff" stroke-width="4" '
        'stroke-linecap="round" opacity=".5"/>'
    )


def wipe() -> str:
    """A soft folded sheet, for wipes, tissues and pads."""
    return (
        gradient("w", "#ffffff", "#cfe3f4")
        + '<path d="M14 40Q30 26 50 38T88 34L84 76Q66 88 48 78T12 80Z" fill="#b9d3ea" '
        'transform="translate(0 4)"/><path d="M14 40Q30 26 50 38T88 34L84 76Q66 88 48 78T12 80Z" '
        'fill="url(#w)"/><path d="M20 52Q36 42 50 51T82 48M18 66Q34 57 49 66T82 62" fill="none" '
        'stroke="#a9c8e4" stroke-width="2.4" stroke-linecap="round"/>'
    )


def film_roll(light: str, dark: str) -> str:
    return (
        gradient("r", light, dark)
        + '<path d="M24 28H76V72H24Z" fill="url(#r)"/>'
        + f'<path d="M50 72H76V92Q64 86 50 92Z" fill="{light}"/>'
        + f'<ellipse cx="24" cy="50" rx="9" ry="22" fill="{dark}"/>'
        + '<ellipse cx="24" cy="50" rx="4" ry="10" fill="#5c4630"/>'
        + f'<ellipse cx="76" cy="50" rx="9" ry="22" fill="{light}"/>'
        + '<path d="M30 36H72" stroke="#fff" stroke-width="5" stroke-linecap="round" opacity=".6"/>'
    )


DRAWN: dict[str, Callable[[], str]] = {
    "salmon": lambda: fillet("#ff9d6b", "#ee6a3c", "#ffd9c4"),
    "trout": lambda: fillet("#f7a98c", "#e07a58", "#ffe1d5"),
    "whitefish": lambda: fillet("#fbf3ea", "#dcc9b8", "#ffffff"),
    "chicken": lambda: fillet("#fbd3bd", "#ecaa8e", "#fff0e6"),
    "turkey": lambda: fillet("#f6c4b4", "#df9a86", "#ffe9e2"),
    "pork": lambda: fillet("#f9b3b3", "#e58488", "#ffe6e3"),
    "beef mince": lambda: mince("#d9534f", "#9c2b2e"),
    "pork mince": lambda: mince("#f0a09a", "#cf6f70"),
    "sausages": lambda: sausages("#c9714a", "#8f4325"),
    "chorizo": lambda: sausages("#b8392b", "#7a1d17"),
    "salami": lambda: slices("#b8343a", "#7e1f26", "#f7d9d0"),
    "ham": lambda: slices("#f7b6b0", "#e38d8b", "#fbd8d2"),
    "almonds": plants.almonds,
    "mussels": mussels,
    "pistachios": plants.pistachios,
    "plain muffin": lambda: muffin("#f0c37f", "#c98a43", ""),
    "blueberry muffin": lambda: muffin("#f0c37f", "#c98a43", "#4b4f9e"),
    "banana muffin": lambda: muffin("#f3d08a", "#cf9a48", "#b57b33"),
    "chocolate muffin": lambda: muffin("#8f5a3b", "#5c351f", "#3a1f12"),
    "red lentils": lambda: plants.mound("#f58a5a", "#d9653a", 5.4, 3.9),
    "yellow lentils": lambda: plants.mound("#f6c54b", "#dba22a", 5.4, 3.9),
    "green lentils": lambda: plants.mound("#a9b364", "#818c42", 5.4, 3.9),
    "chickpeas": lambda: plants.mound("#ecca8f", "#cfa463", 6.4, 6),
    "kidney beans": lambda: plants.mound("#a4433f", "#7a2628", 7.4, 4.8),
    "white rice": lambda: plants.mound("#fffdf6", "#e3dccb", 5.2, 1.9),
    "brown rice": lambda: plants.mound("#dbb483", "#b98c57", 5.2, 1.9),
    "wild rice": lambda: plants.mound("#5b4335", "#33241b", 5.6, 1.7),
    "wheat": lambda: plants.mound("#e8b45e", "#c58a35", 4.8, 2.8),
    "quinoa": lambda: plants.mound("#f0dcb0", "#d3b57c", 3, 2.8),
    "sugar": plants.cubes,
    "dollop": dollop,
    "parsley": lambda: plants.leaves("#6fbf4b", "#2f7d2e"),
    "coriander": lambda: plants.leaves("#93cf55", "#4a9132"),
    "cinnamon": plants.sticks,
    "cumin": lambda: plants.seeds("#c79a5b", "#86602c"),
    "mushrooms": plants.mushrooms,
    "wipe": wipe,
    "foil": lambda: film_roll("#f1f4f7", "#a9b4bf"),
    "film": lambda: film_roll("#e4f3ff", "#9fc7ea"),
}
