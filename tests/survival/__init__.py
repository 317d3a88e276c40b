"""What is killed, cut off or powered down in mid-sale loses nothing that was acknowledged."""
