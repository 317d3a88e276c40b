"""Kirana: a self-hosted online store for neighbourhood shops."""

import gc

# A page makes thousands of objects and drops them; to look among each 700 for garbage was a fifth
# of its cost, and a tenth of the time that a program takes to start.
gc.set_threshold(10_000, 10, 10)

__version__ = "0.1.0"
