"""The verbs of the basket, one file for each family."""
