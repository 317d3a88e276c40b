"""A status is a path through a table of moves."""

from collections.abc import Mapping

from kirana.platform.errors import IllegalMove

Moves = Mapping[str, tuple[str, ...]]


def require_move(moves: Moves, current: str, wanted: str) -> None:
    """Raise IllegalMove (409), listing the legal moves, unless ``moves`` allows this one."""
    if wanted not in moves[current]:
        raise IllegalMove(
            f"It is {current}; it cannot become {wanted}.",
            current=current,
            wanted=wanted,
            legal=list(moves[current]),
        )
