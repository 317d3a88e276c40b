"""Tests of stores and of letting managers in."""
