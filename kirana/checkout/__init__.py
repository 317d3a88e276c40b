"""Turns a cart into an order group."""
