"""Long work: state, progress, cancelling."""
