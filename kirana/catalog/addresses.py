"""Where pictures are found on this host. Pure."""


def picture_url(file: str | None, slug: str) -> str:
    """The product's picture, or its drawn pack."""
    return f"/media/{file}" if file else drawn_url(slug)


def small_picture_url(file: str | None, slug: str) -> str:
    """The same for a card."""
    return f"/media/small/{file}" if file else drawn_url(slug)


def drawn_url(slug: str) -> str:
    return f"/media/drawn/{slug}.svg"


def category_picture_url(file: str) -> str:
    """Empty for a category without a picture."""
    return f"/media/{file}" if file else ""
