"""Products found by words: an index on each host that follows the database."""
