"""Where pictures are found on this host. Pure."""

# What the browser chooses among, with the width of each.
_SIZES = (("/media/tiny/", 160), ("/media/small/", 320), ("/media/", 640))
_DRAWN = "/media/drawn/"


def picture_url(file: str | None, slug: str) -> str:
    """The product's picture, or its drawn pack."""
    return f"/media/{file}" if file else drawn_url(slug)


def small_picture_url(file: str | None, slug: str) -> str:
    """The same for a card."""
    return f"/media/small/{file}" if file else drawn_url(slug)


def tiny_picture_url(file: str | None, slug: str) -> str:
    """The same for a line in a list."""
    return f"/media/tiny/{file}" if file else drawn_url(slug)


def picture_choices(url: str) -> str:
    """The three sizes of a picture of ours for ``srcset``; empty for anything else."""
    name = url.rpartition("/")[2]
    if url.startswith(_DRAWN) or url not in {f"{start}{name}" for start, _width in _SIZES}:
        return ""
    return ", ".join(f"{start}{name} {width}w" for start, width in _SIZES)


def drawn_url(slug: str) -> str:
    return f"{_DRAWN}{slug}.svg"


def category_picture_url(file: str) -> str:
    """Empty for a category without a picture."""
    return f"/media/{file}" if file else ""
