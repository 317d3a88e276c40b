"""How the databases carry out what the shop asks of them."""
