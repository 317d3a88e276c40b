"""What is mailed when something happened, and its templates."""
