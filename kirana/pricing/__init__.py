"""The quote: what a basket costs, and why. Pure."""
