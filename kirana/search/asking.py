"""Words as a question to the index: each is met by itself in any number, its beginning, a synonym,
or, where nobody knows it, by the word that is one or two slips away. All must be, if they can."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import groupby
from typing import Any

import tantivy
from tantivy import Occur, Query

from kirana.platform.words import folded
from kirana.search.reading import Snapshot
from kirana.search.schema import CODE, FIELDS, KEY, WEIGHT, WORDS, stems
from kirana.stock.filters import LONGEST_SEARCH, LONGEST_WORD, MOST_WORDS

Phrase = tuple[str, ...]
Synonyms = Mapping[Phrase, frozenset[Phrase]]

BEGINNING = 0.5
LONGEST_PHRASE = 4
SHORTEST_CODE = 6
# The index is asked for this many products that hold a word near the one that was typed.
NEAR = 12
MOST_KNOWN = 5000


def words_of(text: str) -> list[str]:
    """The words of a search, folded; no more and no longer ones than are looked at."""
    words = folded(text[:LONGEST_SEARCH]).split()[:MOST_WORDS]
    return [word[:LONGEST_WORD] for word in words]


def synonyms_of(pairs: Iterable[tuple[str, str]]) -> Synonyms:
    """What each word or phrase may be called otherwise."""
    found: dict[Phrase, set[Phrase]] = {}
    for word, other in pairs:
        one, two = tuple(word.split()), tuple(other.split())
        found.setdefault(one, set()).add(two)
        found.setdefault(two, set()).add(one)
    return {phrase: frozenset(others) for phrase, others in found.items()}


class Question:
    """What ``words`` ask of one snapshot. ``understood`` are the words that were looked for.

    ``is_partial``: no product has them all, so any of them will do.
    """

    def __init__(self, snapshot: Snapshot, words: Sequence[str], synonyms: Synonyms) -> None:
        self._snapshot = snapshot
        self._schema = snapshot.schema
        self._synonyms = synonyms
        self.understood: list[str] = []
        parts = [self._part(phrase) for phrase in _phrases(words, synonyms)]
        self.query = _joined(parts, Occur.Must)
        whole = " ".join(words)
        if len(words) > 1 and snapshot.searcher.doc_freq(CODE, whole):
            ways = [self.query] if self.understood == list(words) else []
            self.query = Query.disjunction_max_query([*ways, self._code(whole)], 0.0)
            self.understood = list(words)
        self.is_partial = len(parts) > 1 and not best(snapshot, self.query, 1)
        if self.is_partial:
            self.query = _joined(parts, Occur.Should)
        self.is_corrected = self.understood != list(words)

    def told(self) -> str | None:
        """The words that were looked for, where they are not those that were given."""
        return " ".join(self.understood) if self.is_corrected else None

    def _part(self, phrase: Phrase) -> Query:
        ways = [self._words(phrase)]
        ways += [
            _joined([self._word(word) for word in other], Occur.Must)
            for other in sorted(self._synonyms.get(phrase, ()))
        ]
        return ways[0] if len(ways) == 1 else Query.disjunction_max_query(ways, 0.0)

    def _words(self, phrase: Phrase) -> Query:
        if phrase in self._synonyms or all(is_known(self._snapshot, word) for word in phrase):
            self.understood += phrase
            return _joined([self._word(word) for word in phrase], Occur.Must)
        (word,) = phrase
        near = correction(self._snapshot, word).split()
        self.understood += near or [word]
        if not near:
            return Query.empty_query()
        return _joined([self._word(each) for each in near], Occur.Must)

    def _word(self, word: str) -> Query:
        stem = stems(word)
        ways = [
            Query.boost_query(Query.term_query(self._schema, name, stem, "freq"), boost)
            for name, boost in FIELDS.items()
        ]
        begun = Query.fuzzy_term_query(self._schema, WORDS, word, distance=0, prefix=True)
        ways.append(Query.const_score_query(begun, BEGINNING))
        if len(word) >= SHORTEST_CODE:
            ways.append(self._code(word))
        return Query.disjunction_max_query(ways, 0.1)

    def _code(self, text: str) -> Query:
        return Query.const_score_query(Query.term_query(self._schema, CODE, text, "basic"), 100.0)


def _phrases(words: Sequence[str], synonyms: Synonyms) -> list[Phrase]:
    """Words one by one, but for the longest runs of them that have synonyms."""
    found: list[Phrase] = []
    rest = tuple(words)
    while rest:
        sizes = range(min(LONGEST_PHRASE, len(rest)), 1, -1)
        size = next((size for size in sizes if rest[:size] in synonyms), 1)
        found.append(rest[:size])
        rest = rest[size:]
    return found


def _joined(parts: Sequence[Query], how: Occur) -> Query:
    if len(parts) == 1:
        return parts[0]
    return Query.boolean_query([(how, part) for part in parts])


def best(snapshot: Snapshot, asked: Query, most: int) -> list[Any]:
    """The addresses of the best hits."""
    found = snapshot.searcher.search(asked, most, count=False, weight_by_field=WEIGHT)
    return [address for _, address in found.hits]


def is_known(snapshot: Snapshot, word: str) -> bool:
    """Whether a product has the word in any number, one that begins with it, or it as its code."""
    searcher, stem = snapshot.searcher, stems(word)
    return bool(
        searcher.doc_freq(WORDS, word)
        or searcher.terms_with_prefix(WORDS, word, limit=1)
        or (len(word) >= SHORTEST_CODE and searcher.doc_freq(CODE, word))
        or any(searcher.doc_freq(name, stem) for name in FIELDS)
    )


def correction(snapshot: Snapshot, word: str) -> str:
    """The word of the index nearest to ``word``, the commonest of several; two where they were
    written as one; empty without one."""
    found: str | None = snapshot.known.get(word)
    if found is None:
        found = _nearest(snapshot, word)
        if len(snapshot.known) < MOST_KNOWN:
            snapshot.known[word] = found
    return found


def _nearest(snapshot: Snapshot, word: str) -> str:
    for slips in range(1, slips_allowed(word) + 1):
        if found := _near(snapshot, word, slips, begun=False) or _apart(snapshot, word):
            return found
    # The beginning of a word, with a slip in it: somebody is still typing.
    return _near(snapshot, word, 1, begun=True) if len(word) > 4 else ""


def _apart(snapshot: Snapshot, word: str) -> str:
    """Two words that were written as one."""
    ways = ((word[:at], word[at:]) for at in range(3, len(word) - 2))
    known = (way for way in ways if all(snapshot.searcher.doc_freq(WORDS, one) for one in way))
    return " ".join(next(known, ()))


def slips_allowed(word: str) -> int:
    """How many letters may be wrong, missing, too many or swapped: none, one or two."""
    if len(word) < 3 or word.isdecimal():
        return 0
    return 1 if len(word) < 5 else 2


def _near(snapshot: Snapshot, word: str, slips: int, begun: bool) -> str:
    asked = Query.fuzzy_term_query(snapshot.schema, WORDS, word, distance=slips, prefix=begun)
    seen: set[str] = set()
    for address in best(snapshot, asked, NEAR):
        seen.update(str(snapshot.searcher.doc(address).get_first(WORDS)).split())
    ranked = []
    for other in seen:
        start = other[: len(word)] if begun else other
        if abs(len(start) - len(word)) <= slips:
            distance = slips_between(word, start)
            # The first letter is seldom wrong, and with a second slip it is another word.
            if (distance < 2 and not begun) or (distance <= slips and other[0] == word[0]):
                ranked.append((distance, -snapshot.searcher.doc_freq(WORDS, other), other))
    nearest = [other for _, _, other in sorted(ranked)]
    # The commonest slip is a letter once for twice: who writes "aple" means no ale.
    doubled = [other for other in nearest if _once(other) == _once(word)]
    return next(iter(doubled or nearest), "")


def _once(word: str) -> str:
    """Without the second of two equal letters."""
    return "".join(letter for letter, _ in groupby(word))


def slips_between(one: str, two: str) -> int:
    """Letters to add, drop, change or swap with their neighbour to make ``one`` into ``two``."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, letter in enumerate(one, 1):
        older, before = before, row
        row = [i]
        for j, other in enumerate(two, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == two[j - 2] and one[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


def keyed(snapshot: Snapshot, addresses: list[tantivy.DocAddress]) -> list[int]:
    """The products' keys of hits."""
    values = snapshot.searcher.fast_field_values(KEY, addresses)
    return [int(value) for value in values if value is not None]


def both(parts: Sequence[Query]) -> Query:
    """All of ``parts``; everything where there are none."""
    return reduce(lambda one, two: one.and_must_match(two), parts) if parts else Query.all_query()
