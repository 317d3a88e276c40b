"""Figures: the monthly report of each customer."""
