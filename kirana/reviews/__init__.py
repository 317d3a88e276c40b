"""What buyers say of what they have had: written, moderated, answered, counted."""
