"""The life of an order after it was placed."""
