"""A person's own data as a file, and the end of an account."""
