"""The access matrix: a file with a row for each route, and how an answer is read."""

from pathlib import Path

FILE = Path(__file__).parent / "access_matrix.txt"
WHO = (
    "anonymous", "customer", "other_customer", "pending", "rejected", "manager", "other_manager",
    "admin",
)  # fmt: skip


def read_matrix() -> dict[tuple[str, str], dict[str, str]]:
    """(method, path) → who → what: ``ok``, ``401``, ``403`` or ``404``."""
    matrix = {}
    for line in FILE.read_text().splitlines():
        if line and not line.startswith("#"):
            method, path, *answers = line.split()
            assert len(answers) == len(WHO), f"a row is {len(WHO)} answers long: {line}"
            assert (method, path) not in matrix, f"two rows for one route: {line}"
            matrix[method, path] = dict(zip(WHO, answers, strict=True))
    return matrix


def outcome(status: int, location: str = "") -> str:
    """What an answer says about access: refusals by their number, anything else is let in."""
    if status in (401, 403, 404):
        return str(status)
    if status == 303 and location.startswith("/sign-in?return_to="):
        return "401"
    assert status < 500, f"the route broke: {status}"
    return "ok"


def write_row(method: str, path: str, answers: dict[str, str]) -> str:
    return f"{method:7} {path:58} " + " ".join(f"{answers[who]:4}" for who in WHO)
