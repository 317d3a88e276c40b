"""Categories, products, prices, pictures, search."""
