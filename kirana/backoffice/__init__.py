"""Screens for managers and the admin over many slices."""
