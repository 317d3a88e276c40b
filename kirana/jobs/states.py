"""The allowed moves of a job."""

from kirana.platform.states import Moves

JOB_MOVES: Moves = {
    "queued": ("running", "cancelled"),
    "running": ("done", "failed", "cancelled"),
    "done": ("expired",),
    "failed": ("queued",),
    "expired": (),
    "cancelled": (),
}
