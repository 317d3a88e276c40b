"""In front of Flask: sizes, hosts, bodies, and the answers that are the same for all."""
