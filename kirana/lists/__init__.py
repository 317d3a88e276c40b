"""Favourites and shopping lists, one's own and those that others share."""
