"""The verbs of stock: every change of a level is a row in its ledger."""
