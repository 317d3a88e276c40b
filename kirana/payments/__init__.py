"""Payments and their events; cash at the door."""
