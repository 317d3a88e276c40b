"""How words become a question: slips, phrases, bounds. Pure, over an index in a folder."""

import pytest
import tantivy

from kirana.search.asking import (
    Question,
    correction,
    keyed,
    slips_allowed,
    slips_between,
    synonyms_of,
    words_of,
)
from kirana.search.documents import head_of
from kirana.search.folder import State
from kirana.search.reading import Snapshot, open_index
from kirana.search.schema import KEY, SCHEMA, schema, stems

pytestmark = pytest.mark.unit

GOODS = {
    1: ("oat milk", "alpro", "jau ka doodh", "drinks milk"),
    2: ("creme fraiche", "", "", "dairy"),
    3: ("greek yogurt", "amul", "dahi", "dairy"),
    4: ("washing powder", "surf", "", "laundry"),
    5: ("okra", "", "bhindi", "vegetables"),
    6: ("apple", "", "", "fruit"),
    7: ("ginger ale", "", "", "drinks"),
    8: ("pale ale", "", "", "drinks"),
}


@pytest.fixture
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    place = tmp_path_factory.mktemp("index")
    with tantivy.Index(schema(), str(place)).writer(15_000_000, 1) as writer:
        for key, texts in GOODS.items():
            made = tantivy.Document()
            for name, text in zip(("title", "brand", "names", "shelf"), texts, strict=True):
                made.add_text(name, stems(text))
            made.add_text("head", stems(head_of(texts[0])))
            made.add_text("words", " ".join(texts))
            made.add_text("code", f"89010000{key}")
            made.add_unsigned(KEY, key)
            made.add_float("weight", 1.0)
            writer.add_document(made)
    index = open_index(place)
    state = State(
        schema=SCHEMA,
        generation="x",
        database="",
        version=1,
        mark=(0, 0),
        built_at=0,
        documents=len(GOODS),
    )
    return Snapshot(state, index.schema, index.searcher())


def found(snapshot: Snapshot, text: str, *pairs: tuple[str, str]) -> set[int]:
    question = Question(snapshot, words_of(text), synonyms_of(pairs))
    hits = snapshot.searcher.search(question.query, 10, weight_by_field="weight").hits
    return set(keyed(snapshot, [address for _, address in hits]))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("oat", {1}),
        ("MILK oat", {1}),
        ("mil", {1}),
        ("crème", {2}),
        ("dahi", {3}),
        ("amul", {3}),
        ("apples", {6}),
        ("greek yogurts", {3}),
        ("powders", {4}),
        ("zapel", set()),
        ("dairy", {2, 3}),
        ("890100003", {3}),
        ("yogrut", {3}),
        ("yoghurt", {3}),
        ("wshing powdr", {4}),
        ("bhndi", {5}),
        ("okar", {5}),
        ("aple", {6}),
        ("alle", {7, 8}),
        ("zzzzzz", set()),
        ("zz", set()),
        ("!!! ///", set()),
        ("oat !!", {1}),
    ],
)
def test_what_is_found(snapshot: Snapshot, text: str, keys: set[int]) -> None:
    assert found(snapshot, text) == keys


def test_synonyms_go_both_ways_and_may_be_phrases(snapshot: Snapshot) -> None:
    pairs = [("curd", "yogurt"), ("detergent", "washing powder"), ("lady finger", "okra")]
    assert found(snapshot, "curd") == set()
    assert found(snapshot, "curd", *pairs) == {3}
    assert found(snapshot, "greek curd", *pairs) == {3}
    assert found(snapshot, "detergent", *pairs) == {4}
    assert found(snapshot, "fresh lady finger", *pairs) == {5}
    assert found(snapshot, "lady finger", *pairs) == {5}
    assert found(snapshot, "washing powder", *pairs) == {4}


def test_what_was_understood_is_told(snapshot: Snapshot) -> None:
    question = Question(snapshot, ["yogrut", "greek"], {})
    assert (question.understood, question.is_corrected) == (["yogurt", "greek"], True)
    assert not Question(snapshot, ["yogurt"], {}).is_corrected
    assert correction(snapshot, "zzzzzz") == ""


def test_where_nothing_has_all_words_any_will_do(snapshot: Snapshot) -> None:
    assert found(snapshot, "amul milk") == {1, 3}
    assert found(snapshot, "zzzzzz milk") == {1}
    assert Question(snapshot, ["amul", "milk"], {}).is_partial
    assert not Question(snapshot, ["oat", "milk"], {}).is_partial
    assert not Question(snapshot, ["zzzzzz"], {}).is_partial
    assert found(snapshot, "") == set()


@pytest.mark.parametrize(
    ("title", "head"),
    [
        ("Red Apples", "apples"),
        ("Apple Juice", "juice"),
        ("Garlic Bread with Herbs", "bread"),
        ("Bananas by weight", "bananas"),
        ("With Love", "love"),
        ("!!!", ""),
    ],
)
def test_the_head_of_a_title(title: str, head: str) -> None:
    assert head_of(title) == head


@pytest.mark.parametrize(
    ("word", "slips"),
    [("ab", 0), ("tea", 1), ("milk", 1), ("milks", 2), ("cheese", 2), ("89010000", 0)],
)
def test_longer_words_may_be_wrong_twice(word: str, slips: int) -> None:
    assert slips_allowed(word) == slips


@pytest.mark.parametrize(
    ("one", "two", "slips"),
    [
        ("milk", "milk", 0),
        ("mlik", "milk", 1),
        ("milk", "milks", 1),
        ("brocolli", "broccoli", 2),
        ("", "ab", 2),
        ("tea", "ate", 2),
    ],
)
def test_slips_are_counted(one: str, two: str, slips: int) -> None:
    assert slips_between(one, two) == slips_between(two, one) == slips


def test_a_long_text_is_cut() -> None:
    words = words_of("ab " * 3000 + "x" * 500)
    assert len(words) == 8
    assert [len(word) for word in words_of("y" * 10_000)] == [40]
