"""Technique without a business word. Knows no slice."""
