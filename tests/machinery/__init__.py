"""Real servers for the tests: PostgreSQL, Valkey, Chromium, and the shop's own processes."""
