"""The one catalogue of permissions, without a database."""

import itertools
from pathlib import Path

from kirana.accounts.permissions import (
    GUEST_PERMISSIONS,
    NOT_FOR_KEYS,
    STORE_TABLE,
    TABLE,
    Permission,
    permissions_of,
    rights_of,
)

STORE_RIGHTS = {right for right in Permission if "store" in right or "exports" in right}


def test_who_waits_or_is_shut_out_has_no_right_in_a_store() -> None:
    for status in ("pending", "rejected", "suspended", "closed"):
        rights = rights_of("manager", status, {7: "owner"})
        assert rights.stores == {}
        assert not STORE_RIGHTS & rights.permissions
    for role in ("customer", "manager", "admin"):
        assert permissions_of(role, "suspended") == permissions_of(role, "closed") == frozenset()


def test_a_place_gives_its_rights_there_and_nowhere_else() -> None:
    rights = rights_of("customer", "active", {1: "owner", 2: "picker", 3: "courier"})
    assert rights.stores == {
        1: STORE_TABLE["owner"],
        2: STORE_TABLE["picker"],
        3: STORE_TABLE["courier"],
    }
    assert rights.permissions == permissions_of("customer", "active") | STORE_TABLE["owner"]


def test_each_place_holds_what_the_smaller_ones_hold() -> None:
    ranks = [STORE_TABLE[role] for role in ("courier", "picker", "manager", "owner")]
    assert all(lower < higher for lower, higher in itertools.pairwise(ranks))


def test_every_permission_is_held_by_somebody() -> None:
    held = frozenset().union(GUEST_PERMISSIONS, *TABLE.values(), *STORE_TABLE.values())
    assert held == set(Permission)


COLUMNS = {
    "customer": TABLE["customer", "active"],
    "manager": TABLE["manager", "active"],
    "admin": TABLE["admin", "active"],
    **{"store manager" if place == "manager" else place: r for place, r in STORE_TABLE.items()},
    "API key": frozenset(Permission) - NOT_FOR_KEYS,
}


def test_the_page_of_permissions_says_what_the_code_does() -> None:
    page = Path(__file__).parents[2] / "docs" / "permissions.md"
    assert the_table() in page.read_text(), f"docs/permissions.md should hold:\n{the_table()}"


def the_table() -> str:
    rows = [["permission", *COLUMNS], ["---"] * (1 + len(COLUMNS))]
    for right in Permission:
        rows.append([f"`{right}`", *("x" if right in held else "" for held in COLUMNS.values())])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
