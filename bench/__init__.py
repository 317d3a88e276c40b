"""Measurements, and what they need. No part of the shop: nothing in ``kirana`` imports this."""
