"""What the index holds of a product: words to find it by, and values to count and rank by.

Nothing that is shown comes from here: hits are keys, and the database tells what they are today.
"""

import tantivy
from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

# Raised with every change of the fields or of how words are made: older indexes are built anew.
SCHEMA = 3
KEY, WEIGHT, CODE, WORDS = "key", "weight", "code", "words"
# Where a word may stand, and what it counts there. The head of a title is what it is the name of:
# apple juice is a juice.
FIELDS = {"head": 4.0, "title": 3.0, "names": 2.5, "brand": 2.0, "shelf": 1.0}
_stemmer = TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.stemmer("english")).build()


def stems(text: str) -> str:
    """Folded words without what tells their number: who looks for "egg" means eggs."""
    return " ".join(_stemmer.analyze(text))


def schema() -> tantivy.Schema:
    """The fields. Text comes folded, in those of FIELDS as stems, and is cut at spaces."""
    builder = tantivy.SchemaBuilder()
    for name in FIELDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field(WORDS, stored=True, tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field(CODE, tokenizer_name="raw", index_option="basic")
    builder.add_float_field(WEIGHT, fast=True)
    for name in (KEY, "category", "price"):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    for name in ("offer", "in_stock"):
        builder.add_boolean_field(name, indexed=True, fast=True)
    for name in ("maker", "diet", "origin", "allergen", "store"):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    return builder.build()
