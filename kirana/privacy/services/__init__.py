"""The verbs about one's own data: have it, and have it gone."""
