"""Plants that the picture set lacks, drawn: SVG on a canvas of 100 by 100 each."""

from tools.drawn_pieces import gradient, turned


def almonds() -> str:
    one = (
        '<path d="M0 -32Q24 -4 18 14Q12 28 0 28Q-12 28 -18 14Q-24 -4 0 -32Z" fill="url(#a)"/>'
        '<path d="M0 -24Q4 0 0 22M-8 -10Q-10 6 -6 18M8 -10Q10 6 6 18" fill="none" '
        'stroke="#7c4319" stroke-width="1.8" opacity=".6"/>'
        '<path d="M-9 -8Q-13 2 -11 10" fill="none" stroke="#fff" stroke-width="3" opacity=".4" '
        'stroke-linecap="round"/>'
    )
    return (
        gradient("a", "#d58b4a", "#8f4d1d")
        + turned(one, -38, 30, 56)
        + turned(one, 34, 70, 52)
        + turned(one, 4, 50, 64)
    )


def pistachios() -> str:
    one = (
        '<path d="M0 -26Q22 -8 18 12Q12 26 0 26Q-12 26 -18 12Q-22 -8 0 -26Z" fill="#d9bd8d"/>'
        '<path d="M0 -22Q13 -6 11 10Q8 20 0 20Q-8 20 -11 10Q-13 -6 0 -22Z" fill="url(#pi)"/>'
        '<path d="M-13 -4Q-15 6 -10 15" fill="none" stroke="#fff" stroke-width="3" opacity=".5" '
        'stroke-linecap="round"/>'
    )
    return (
        gradient("pi", "#b9d66a", "#7ea238")
        + turned(one, -34, 30, 56)
        + turned(one, 36, 70, 54)
        + turned(one, 0, 50, 64)
    )


def mound(light: str, dark: str, rx: float, ry: float) -> str:
    """A heap of grains, each ``rx`` by ``ry``."""
    grains = ""
    rows = round(58 / (ry * 1.25))
    for row in range(rows):
        height = row / max(1, rows - 1)
        half = 44 * (1 - height) ** 0.62 + 2
        count = max(1, round(2 * half / (rx * 1.5)))
        for place in range(count):
            wobble = ((row * 7 + place * 13) % 11) / 11 - 0.5
            x = 50 - half + (place + 0.5) * 2 * half / count + wobble * rx
            y = 84 - height * 56 + wobble * ry
            colour = light if (row + place * 2) % 3 else dark
            grains += (
                f'<g transform="translate({x:.1f} {y:.1f}) rotate({wobble * 130:.0f})">'
                f'<ellipse cy="{ry * 0.28:.2f}" rx="{rx}" ry="{ry}" fill="#3a2410" opacity=".32"/>'
                f'<ellipse rx="{rx}" ry="{ry}" fill="{colour}"/>'
                f'<ellipse cx="{-rx * 0.25:.2f}" cy="{-ry * 0.35:.2f}" rx="{rx * 0.45:.2f}" '
                f'ry="{ry * 0.3:.2f}" fill="#fff" opacity=".4"/></g>'
            )
    hill = "M4 88Q20 30 50 24Q80 30 96 88Q50 97 4 88Z"
    return f'<path d="{hill}" fill="{dark}"/>{grains}'


def cubes() -> str:
    """Sugar lumps."""
    one = (
        '<path d="M0 -20L22 -9V15L0 26L-22 15V-9Z" fill="#c9cfdb"/>'
        '<path d="M0 -20L22 -9L0 2L-22 -9Z" fill="#ffffff"/><path d="M0 2L22 -9V15L0 26Z" '
        'fill="#d3d8e4"/><path d="M0 2L-22 -9V15L0 26Z" fill="#eceff6"/>'
        '<path d="M0 -20L22 -9V15L0 26L-22 15V-9ZM0 2V26M0 2L22 -9M0 2L-22 -9" fill="none" '
        'stroke="#b4bccb" stroke-width="1.2" stroke-linejoin="round"/>'
    )
    return turned(one, 0, 28, 66) + turned(one, 0, 72, 66) + turned(one, 0, 50, 32)


def leaves(light: str, dark: str) -> str:
    """A sprig with lobed leaves: parsley, coriander."""
    lobes = ((0, -15, 10), (-11, -8, 9), (11, -8, 9), (-8, 4, 8), (8, 4, 8), (0, -3, 9))
    leaf = "".join(f'<circle cx="{x}" cy="{y + 2}" r="{r}" fill="{dark}"/>' for x, y, r in lobes)
    leaf += "".join(f'<circle cx="{x}" cy="{y}" r="{r}" fill="url(#lf)"/>' for x, y, r in lobes)
    leaf += (
        f'<path d="M0 8V-14M0 0L-8 -6M0 0L8 -6" stroke="{dark}" stroke-width="1.6" opacity=".7"/>'
    )
    stems = (
        "M50 97Q44 66 22 44M50 97Q52 60 50 30M50 97Q56 70 79 48M50 97Q42 82 33 74M50 97Q58 84 68 77"
    )
    return (
        gradient("lf", light, dark)
        + f'<path d="{stems}" fill="none" stroke="{light}" stroke-width="2.6"/>'
        + turned(leaf, -78, 28, 74, 0.72)
        + turned(leaf, 78, 73, 76, 0.72)
        + turned(leaf, -48, 20, 44, 0.95)
        + turned(leaf, 50, 80, 46, 0.95)
        + turned(leaf, 4, 50, 27, 1.08)
    )


def mushrooms() -> str:
    one = (
        '<path d="M-10 4Q-8 22 -12 34Q0 42 12 34Q8 22 10 4Z" fill="url(#st)"/>'
        '<ellipse cy="6" rx="26" ry="7" fill="#8a6a4e"/>'
        '<path d="M-32 4Q-34 -28 0 -30Q34 -28 32 4Q16 12 0 10Q-16 12 -32 4Z" fill="url(#mu)"/>'
        '<path d="M-22 -8Q-18 -22 -4 -24" fill="none" stroke="#fff" stroke-width="5" '
        'stroke-linecap="round" opacity=".4"/>'
    )
    return (
        gradient("mu", "#c99b6d", "#855732")
        + gradient("st", "#fff7ea", "#d9c3a5")
        + turned(one, -14, 32, 46, 0.86)
        + turned(one, 10, 62, 54, 1.05)
    )


def sticks() -> str:
    """Cinnamon sticks: rolled bark, seen from the side."""
    one = (
        '<path d="M-40 -8H40V8H-40Z" fill="url(#s)"/>'
        '<path d="M-40 -1H40" stroke="#6b3413" stroke-width="1.6" opacity=".7"/>'
        '<ellipse cx="40" rx="5" ry="8" fill="#c9803f"/><ellipse cx="40" cy="-3" rx="2.4" ry="3.4" '
        'fill="#6b3413"/><ellipse cx="40" cy="4" rx="2.2" ry="3" fill="#6b3413"/>'
        '<ellipse cx="-40" rx="4" ry="8" fill="#8d4a1c"/>'
    )
    return (
        gradient("s", "#cf8a48", "#88461a")
        + turned(one, -24, 46, 38)
        + turned(one, -18, 50, 56)
        + turned(one, -28, 54, 74)
    )


def seeds(light: str, dark: str) -> str:
    one = f'<ellipse rx="15" ry="6.5" fill="{dark}"/>'
    one += f'<ellipse cy="-1.5" rx="14" ry="5" fill="{light}"/>'
    one += f'<path d="M-12 -1.5H12" stroke="{dark}" stroke-width="1.4"/>'
    spread = ((30, 74, 10), (52, 80, -14), (72, 72, 24), (40, 60, -30), (62, 58, 12), (50, 42, 50),
              (24, 56, 60), (78, 54, -50), (38, 42, 8), (64, 38, -22))  # fmt: skip
    return "".join(turned(one, turn, x, y) for x, y, turn in spread)
