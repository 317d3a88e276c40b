"""Facts that stop a verb of the search."""

from kirana.platform.errors import Conflict


class SynonymExists(Conflict):
    code = "synonym_exists"
    message = "These two words are kept as synonyms already."


class TooManySynonyms(Conflict):
    code = "too_many_synonyms"
    message = "There are as many synonyms as are kept. Delete one first."
