"""How many SQL statements a request costs."""
