"""What an attacker would send, at every door that the routes open."""
