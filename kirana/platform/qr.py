"""A QR code as one path for an inline SVG: no picture to load, no style, no script."""

from dataclasses import dataclass
from itertools import groupby

import segno

QUIET = 4


@dataclass(frozen=True, slots=True)
class QrCode:
    """``path`` fills the dark squares of a box of ``size`` by ``size``."""

    size: int
    path: str


def qr_code(text: str) -> QrCode:
    rows = list(segno.make(text, micro=False).matrix_iter(border=QUIET))
    path = []
    for y, row in enumerate(rows):
        x = 0
        for is_dark, run in groupby(row):
            length = len(list(run))
            if is_dark:
                path.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return QrCode(len(rows), "".join(path))
