"""The categories as choices of a form, each below its parent."""

from kirana.catalog.queries import list_categories

_STEP = "\u2003"


def category_choices() -> list[dict[str, str]]:
    """Slug and name, set in by how deep the category lies."""
    depth: dict[str | None, int] = {None: -1}
    choices = []
    for item in list_categories():
        depth[item.slug] = depth[item.parent] + 1
        choices.append({"value": item.slug, "label": _STEP * depth[item.slug] + item.name})
    return choices
