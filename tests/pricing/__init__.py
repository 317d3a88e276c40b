"""Tests of the quote."""
