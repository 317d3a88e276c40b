"""Baskets of guests and customers."""
