"""Two admins shut each other out, five tabs take one invitation, two owners leave: one wins.

And the mutants that show that these tests can fail.
"""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from kirana import check
from kirana.accounts.errors import LastAdmin
from kirana.accounts.models import Account
from kirana.accounts.services import give_role, people, suspend
from kirana.platform import clock
from kirana.platform.access import SYSTEM, Actor
from kirana.stores.invitation_keys import invitation_token
from kirana.stores.models import Invitation, Membership, Store
from kirana.stores.services import accept_invitation, invitations, invite, leave_store, team
from kirana.stores.shapes import StoreRole
from kirana.stores.team_shapes import NewInvitation
from tests.accounts.people import rows
from tests.cart.goods import make_person, make_store
from tests.machinery.databases import SECRET
from tests.orders.street import hire
from tests.races.threads import at_once, raised, repeated, succeeded
from tests.world import actor_of

pytestmark = pytest.mark.usefixtures("database")
TABS = 5
MEETING_SECONDS = 20


def two_admins() -> tuple[Actor, Actor]:
    return make_person("admin"), make_person("admin")


@repeated
def test_two_admins_suspend_each_other(attempt: int) -> None:
    one, two = two_admins()
    outcomes = at_once(
        [lambda: suspend(one, two.uid, "mine"), lambda: suspend(two, one.uid, "yours")]
    )
    assert raised(outcomes) == ["LastAdmin"]
    assert check.run() == []


@repeated
def test_two_admins_demote_each_other(attempt: int) -> None:
    one, two = two_admins()
    outcomes = at_once(
        [lambda: give_role(one, two.uid, "customer"), lambda: give_role(two, one.uid, "customer")]
    )
    assert raised(outcomes) == ["LastAdmin"]
    assert check.run() == []


def invited(place: StoreRole = "picker") -> tuple[Actor, Actor, str]:
    """(owner, newcomer, token) of an invitation to the owner's store."""
    make_person("admin")
    store = make_store()
    boss, newcomer = hire(store, "owner"), make_person()
    wanted = NewInvitation(newcomer.email, place)
    uid = invite(boss, SECRET, slug_of(store), wanted)
    return boss, newcomer, invitation_token(SECRET, uid)


def slug_of(store: int) -> str:
    return next(row.slug for row in rows(Store) if row.id == store)


@repeated
def test_an_invitation_is_taken_once(attempt: int) -> None:
    _boss, newcomer, token = invited()
    outcomes = at_once([lambda: accept_invitation(newcomer, token)] * TABS)
    assert len(succeeded(outcomes)) == 1
    assert raised(outcomes) == ["InvitationOver"] * (TABS - 1)
    assert check.run() == []


@repeated
def test_two_owners_leave_at_once(attempt: int) -> None:
    boss, second, token = invited("owner")
    slug = accept_invitation(second, token)
    owners = [actor_of(second.email), boss]
    outcomes = at_once([lambda each=each: leave_store(each, slug) for each in owners])
    assert raised(outcomes) == ["LastOwner"]
    assert [row.role for row in rows(Membership)].count("owner") >= 1
    assert check.run() == []


# ---- the mutants: the same deeds without their guard; PostgreSQL only, for SQLite's writers queue


class _Meeting:
    """Both have looked before either writes, or waited long enough for the other."""

    def __init__(self, parties: int) -> None:
        self._barrier = threading.Barrier(parties)

    def wait(self) -> None:
        try:
            self._barrier.wait(MEETING_SECONDS)
        except threading.BrokenBarrierError:
            self._barrier.abort()


def look_without_lock(meeting: _Meeting) -> Callable[[Connection, int], None]:
    def keep(connection: Connection, leaving_id: int) -> None:
        admins = select(Account.id).where(Account.role == "admin", Account.status == "active")
        if set(connection.execute(admins).scalars()) == {leaving_id}:
            raise LastAdmin
        meeting.wait()

    return keep


@pytest.mark.on_database("postgresql")
def test_the_mutant_without_lock_leaves_no_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    # By nobody: else the foreign keys of the two deeds lock each other out, and one is done again.
    one, two = two_admins()
    monkeypatch.setattr(people, "keep_an_admin", look_without_lock(_Meeting(2)))
    outcomes = at_once(
        [lambda: suspend(SYSTEM, two.uid, "mine"), lambda: suspend(SYSTEM, one.uid, "yours")]
    )
    assert raised(outcomes) == []
    assert {finding.rule for finding in check.run()} == {"there is an active admin"}


def test_the_mutant_that_only_looks_takes_an_invitation_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _boss, newcomer, token = invited()

    def use_blindly(connection: Connection, actor: Actor, invitation_id: int) -> None:
        using = update(Invitation).where(Invitation.id == invitation_id)
        connection.execute(using.values(accepted_at=clock.now(connection), accepted_by=actor.me()))

    monkeypatch.setattr(invitations, "_use_up", use_blindly)
    outcomes = at_once([lambda: accept_invitation(newcomer, token)] * TABS)
    assert "InvitationOver" not in raised(outcomes)


@pytest.mark.on_database("postgresql")
def test_the_mutant_without_lock_leaves_no_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting, guard = _Meeting(2), team.keep_an_owner

    def look(connection: Connection, leaving: Any) -> None:
        guard(connection, leaving)
        meeting.wait()

    monkeypatch.setattr(team, "lock_team", lambda *_: None)
    monkeypatch.setattr(team, "keep_an_owner", look)
    with pytest.raises(AssertionError):
        test_two_owners_leave_at_once(0)
