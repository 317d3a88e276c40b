"""Screens of the shop over many slices."""
