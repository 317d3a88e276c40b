"""The search: index, feed, words, facets."""
