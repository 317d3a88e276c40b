"""Lettering for drawn labels: how wide a text is, and how it breaks into lines. Pure.

Widths are those of Figtree at weight 750 in thousandths of the type size. Every drawn line also
carries its width, so that a fallback typeface is squeezed into the same room.
"""

import unicodedata
from dataclasses import dataclass
from xml.sax.saxutils import escape

_FIRST = 32
# One number per printable ASCII character, from the space on.
_WIDTHS = (
    236, 316, 433, 632, 552, 819, 648, 256, 389, 389, 489, 634, 264, 406, 258, 442,
    650, 424, 583, 559, 636, 583, 583, 560, 611, 583, 312, 315, 634, 634, 634, 515,
    992, 723, 613, 726, 703, 588, 557, 739, 749, 293, 561, 679, 541, 860, 773, 790,
    609, 791, 650, 605, 592, 703, 729, 991, 694, 657, 630, 348, 442, 348, 588, 433,
    273, 536, 598, 547, 597, 557, 399, 604, 572, 269, 296, 550, 252, 877, 571, 582,
    603, 595, 389, 472, 408, 571, 565, 847, 550, 588, 474, 396, 256, 396, 690,
)  # fmt: skip
_UNKNOWN = 640
_WIDE = 1000


@dataclass(frozen=True, slots=True)
class Lines:
    """A text broken into lines at one type size."""

    lines: tuple[str, ...]
    size: float

    @property
    def height(self) -> float:
        return len(self.lines) * self.size * 1.06


def clean(text: str) -> str:
    """``text`` without characters that XML forbids, with single spaces."""
    printable = "".join(" " if unicodedata.category(c).startswith("C") else c for c in text)
    return " ".join(printable.split())


def width_of(text: str, size: float, spacing: float = 0) -> float:
    """Width of ``text`` at ``size``; ``spacing`` is added after each character, in ems."""
    return sum((_advance(character) / 1000 + spacing) * size for character in text)


def fit(text: str, width: float, height: float, sizes: tuple[int, int]) -> Lines:
    """The largest setting of ``text`` between two sizes (largest, smallest) that fits the room.

    Breaks between words only; what does not fit at the smallest size ends in an ellipsis.
    """
    words = clean(text).split(" ")
    largest, smallest = sizes
    for size in range(largest, smallest - 1, -1):
        most = max(1, int(height / (size * 1.06)))
        lines = _broken(words, width, size)
        if len(lines) <= most and all(width_of(line, size) <= width for line in lines):
            return Lines(_balanced(words, width, size, len(lines)), size)
    most = max(1, int(height / (smallest * 1.06)))
    lines = [_shortened(line, width, smallest) for line in _broken(words, width, smallest)]
    if len(lines) > most:
        lines = [*lines[: most - 1], _shortened(lines[most - 1] + "…", width, smallest)]
    return Lines(tuple(lines), smallest)


def one_line(text: str, width: float, sizes: tuple[int, int], spacing: float = 0) -> Lines:
    """``text`` on one line, as large as it fits, shortened at the smallest size."""
    words = clean(text)
    for size in range(sizes[0], sizes[1] - 1, -1):
        if width_of(words, size, spacing) <= width:
            return Lines((words,), size)
    return Lines((_shortened(words, width, sizes[1], spacing),), sizes[1])


def draw(lines: Lines, x: float, top: float, fill: str, spacing: float = 0) -> str:
    """SVG text, centred on ``x``, the first line's box starting at ``top``."""
    drawn = []
    for number, line in enumerate(lines.lines):
        if not line:
            continue
        baseline = top + number * lines.size * 1.06 + lines.size * 0.8
        width = width_of(line, lines.size, spacing)
        drawn.append(
            f'<text x="{x:g}" y="{baseline:.1f}" font-size="{lines.size:g}" fill="{fill}" '
            f'textLength="{width:.1f}" lengthAdjust="spacingAndGlyphs">{escape(line)}</text>'
        )
    return "".join(drawn)


def _advance(character: str) -> int:
    plain = unicodedata.normalize("NFKD", character)[:1] or character
    place = ord(plain) - _FIRST
    if 0 <= place < len(_WIDTHS):
        return _WIDTHS[place]
    return _WIDE if unicodedata.east_asian_width(plain) in "WF" else _UNKNOWN


def _broken(words: list[str], width: float, size: float) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if width_of(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _balanced(words: list[str], width: float, size: float, count: int) -> tuple[str, ...]:
    """The same number of lines, set as narrow as that number allows."""
    narrow = width
    lines = _broken(words, width, size)
    while narrow > width * 0.5:
        narrow -= width * 0.04
        tried = _broken(words, narrow, size)
        if len(tried) != count or any(width_of(line, size) > narrow for line in tried):
            break
        lines = tried
    return tuple(lines)


def _shortened(text: str, width: float, size: float, spacing: float = 0) -> str:
    if width_of(text, size, spacing) <= width:
        return text
    kept = text.rstrip("…")
    while kept and width_of(kept + "…", size, spacing) > width:
        kept = kept[:-1].rstrip()
    return kept + "…"
