"""The allowed moves of an incident. One that comes back is a new incident."""

from kirana.platform.states import Moves

INCIDENT_MOVES: Moves = {"open": ("resolved",), "resolved": ()}
