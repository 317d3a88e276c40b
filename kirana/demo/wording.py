"""Descriptions of the demo products, made by rule from their facts. Pure."""

_BY_THE_PIECE = "Picked by hand on the day of your order."
_OPENINGS = ("Organic", "Premium", "Classic", "Everyday", "Fresh")


def describe(name: str, brand: str, size: str, origin: str, tip: str) -> str:
    """Two sentences: what it is, whose and how much; and one thing that is good to know."""
    subject = name if not brand else f"{name} by {brand}"
    if origin:
        first = f"{subject} from {_region(origin)}."
    elif size == "by weight":
        first = f"{subject}, weighed for you to the gram."
    elif size and size != "1 piece":
        first = f"{subject}, {size}."
    elif name.startswith(_OPENINGS):
        first = f"{subject}, a favourite of the neighbourhood."
    else:
        first = f"{subject}, sold singly." if size else f"{subject}, always in stock."
    is_about_weight = "weight" in tip and size != "by weight"
    return f"{first} {_BY_THE_PIECE if is_about_weight else tip}"


def _region(origin: str) -> str:
    """``India, Nashik`` → ``Nashik in India``."""
    country, _, place = origin.partition(", ")
    return f"{place} in {country}" if place else country
