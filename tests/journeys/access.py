"""The access matrix: a file with a row for each route, and how an answer is read.

``suspended`` was a manager of manager's store, ``picker`` and ``courier`` work there, ``mixed`` is
a picker there and owns another store, ``key`` is a program with an API key of manager's that may
read the products and write the stock.
"""

from pathlib import Path

FILE = Path(__file__).parent / "access_matrix.txt"
WHO = (
    "anonymous", "customer", "other_customer", "pending", "rejected", "manager", "other_manager",
    "admin", "suspended", "picker", "courier", "mixed", "key",
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


def write_matrix(found: dict[tuple[str, str], dict[str, str]]) -> None:
    """Put what was found in the place of the file's rows, for its difference to be read."""
    head = [line for line in FILE.read_text().splitlines() if line.startswith("#")]
    rows = [write_row(*route, found[route]).rstrip() for route in found]
    FILE.write_text("\n".join([*head, *rows]) + "\n")
