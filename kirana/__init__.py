"""Kirana: a self-hosted online store for neighbourhood shops."""

__version__ = "0.1.0"
