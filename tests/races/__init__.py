"""Races with real threads and real processes. KIRANA_TEST_REPEATS repeats each of them."""
