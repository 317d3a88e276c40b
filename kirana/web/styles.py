"""The one style sheet ``static/app.css``, put together from ``static/css`` in a fixed order.

After a change in ``static/css`` run ``python -m kirana.web.styles``; a test compares.
"""

import re
from pathlib import Path

STATIC = Path(__file__).parent / "static"
SHEET = STATIC / "app.css"
_FIRST = ("reset.css", "tokens.css", "base.css")
_LAST = ("utilities.css",)


def sources() -> list[Path]:
    """The parts in the order in which they are joined; layers decide, order is for readers."""
    folder = STATIC / "css"
    parts = sorted((folder / "components").glob("*.css")) + sorted(
        (folder / "layout").glob("*.css")
    )
    return [folder / name for name in _FIRST] + parts + [folder / name for name in _LAST]


def joined() -> str:
    """All parts without comments and without space that means nothing."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources())
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ?([{};,]) ?", r"\1", text)
    return text.replace(";}", "}").replace("}", "}\n").strip() + "\n"


if __name__ == "__main__":
    SHEET.write_text(joined(), encoding="utf-8")
