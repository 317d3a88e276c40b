"""Tests of orders and their payments."""
