"""The tree of categories. Pure: built from rows, asked for ways up and down."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

# No shop needs it; what goes down the tree step by step has an end.
LARGEST_DEPTH = 32


class Node(msgspec.Struct, frozen=True):
    """One category as its row has it."""

    id: int
    slug: str
    name: str
    parent_id: int | None
    position: int
    picture: str
    well: str
    own_well: bool
    tax_class: str
    version: int


class Tree:
    """All categories, in the order in which they are shown."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = sorted(nodes, key=lambda node: (node.position, node.name, node.id))
        self._by_id = {node.id: node for node in self.nodes}
        self._by_slug = {node.slug: node for node in self.nodes}
        self._below: dict[int | None, list[Node]] = defaultdict(list)
        for node in self.nodes:
            self._below[node.parent_id].append(node)

    @property
    def roots(self) -> list[Node]:
        return self.children(None)

    def find(self, slug: str) -> Node | None:
        return self._by_slug.get(slug)

    def node(self, category_id: int) -> Node:
        return self._by_id[category_id]

    def children(self, category_id: int | None) -> list[Node]:
        return self._below.get(category_id, [])

    def parent_slug(self, node: Node) -> str | None:
        return None if node.parent_id is None else self._by_id[node.parent_id].slug

    def family(self, category_id: int) -> list[int]:
        """The category and everything below it."""
        found = [category_id]
        for member in found:
            found += [child.id for child in self.children(member)]
        return found

    def trail(self, category_id: int) -> list[Node]:
        """From the department down to the category itself."""
        trail: list[Node] = []
        step: int | None = category_id
        while step is not None:
            trail.append(self._by_id[step])
            step = self._by_id[step].parent_id
        return trail[::-1]

    def followers(self, category_id: int) -> list[int]:
        """What has its colour from this category: below it, and without one of its own between."""
        found: list[int] = []
        waiting = [category_id]
        while waiting:
            step = [node.id for node in self.children(waiting.pop()) if not node.own_well]
            found += step
            waiting += step
        return found

    def height(self, category_id: int) -> int:
        """How many levels the category and what is below it take up."""
        return 1 + max((self.height(child.id) for child in self.children(category_id)), default=0)

    def total(self, counts: dict[int, int], category_id: int) -> int:
        """``counts`` of the category and everything below it, summed."""
        return sum(counts.get(member, 0) for member in self.family(category_id))
