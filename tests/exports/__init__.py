"""Product exports."""
