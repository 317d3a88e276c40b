"""The verbs of orders, one file for each family."""
