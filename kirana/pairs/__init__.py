"""What is often bought together, worked out each night from the shop's own orders."""
