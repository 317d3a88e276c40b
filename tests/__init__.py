"""The tests of Kirana. Run them with ``python -m tests.run`` or ``pytest``."""
