"""Kirana: a self-hosted online store for neighbourhood shops."""

import gc

# A page makes thousands of objects and drops them; to look among each 700 for garbage was 8 to 25
# per cent of its cost (unpaired rounds), and 12 of the time that the command line takes to start.
gc.set_threshold(10_000, 10, 10)

__version__ = "0.1.0"
