"""The demo shop: a catalogue, households and their orders, all from one number."""
