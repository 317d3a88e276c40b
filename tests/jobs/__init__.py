"""Long work: verbs, leases, the API."""
