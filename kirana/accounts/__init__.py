"""People: sign-in, sessions, roles and permissions, addresses."""
