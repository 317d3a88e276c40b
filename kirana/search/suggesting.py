"""What may be meant by the letters typed so far: products to go to, categories to look into."""

from kirana.catalog.queries import load_tree
from kirana.catalog.views import Crumb
from kirana.platform.words import folded
from kirana.search.asking import Question, best, keyed, words_of
from kirana.search.finding import synonyms
from kirana.search.reading import Snapshot, ask, kept
from kirana.stock.filters import ShelfQuery
from kirana.stock.queries import ItemsOf, items_of, list_shelf
from kirana.stock.views import ShelfItem

MOST_CATEGORIES = 3
# Hits that the database may turn out not to have any more.
SPARE = 4


def suggest_products(
    text: str, limit: int, items_of: ItemsOf = items_of
) -> tuple[list[ShelfItem], str | None]:
    """Up to ``limit`` products on sale, best first, and what was looked for if not ``text``."""
    words = words_of(text)
    if not words:
        return [], None
    found = ask(lambda snapshot: _look(snapshot, words, limit))
    if found is None:
        return list_shelf(ShelfQuery(q=text, limit=limit), items_of=items_of).items, None
    keys, understood = found
    items = items_of(keys) if keys else {}
    return [items[key] for key in keys if key in items][:limit], understood


def _look(snapshot: Snapshot, words: list[str], limit: int) -> tuple[list[int], str | None]:
    question = Question(snapshot, words, synonyms())
    hits = best(snapshot, question.query, limit + SPARE)
    return keyed(snapshot, hits), question.told() if hits else None


def suggest_categories(text: str) -> list[Crumb]:
    """Categories in whose name each word begins a word."""
    words = words_of(text)
    found = []
    for name, crumb in _names() if words else ():
        if all(f" {word}" in name for word in words):
            found.append(crumb)
            if len(found) == MOST_CATEGORIES:
                break
    return found


def _names() -> tuple[tuple[str, Crumb], ...]:
    """The categories' names as words, each with a space before it."""
    return kept(
        "category-names",
        lambda: tuple(
            (f" {folded(node.name)}", Crumb(node.slug, node.name)) for node in load_tree().nodes
        ),
    )
