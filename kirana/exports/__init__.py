"""Files out: a store's products as CSV, made by a worker."""
