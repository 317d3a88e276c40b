"""Five people come with one mailed link at once: one gets what it is for. And the mutants."""

from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from kirana.accounts import services
from kirana.accounts.errors import LinkRefused
from kirana.accounts.models import Account, AccountLink
from kirana.accounts.recovery_shapes import Confirmation, PasswordReset
from kirana.accounts.services import links, recovery
from kirana.accounts.services.links import Taken, ask_for_link, find_account, issue_link, take_link
from kirana.platform.access import GUEST, SYSTEM
from kirana.platform.audit import AuditEvent
from kirana.platform.db import verb
from kirana.platform.tokens import hash_secret
from tests.accounts.people import PASSWORD, rows
from tests.accounts.post import set_account
from tests.machinery.databases import SECRET
from tests.races.threads import at_once, raised, repeated, succeeded

TIMES = 5
EMAIL = "asha@example.org"


@verb
def link_for(connection: Connection, purpose: str, new_email: str | None = None) -> str:
    link_id = ask_for_link(connection, purpose, find_account(connection, EMAIL), new_email)
    issued = issue_link(link_id, SECRET)
    assert issued is not None
    return issued.token


def make_asha() -> None:
    person = services.PersonToCreate(EMAIL, "Asha", "green tea and biscuits", "customer", "UTC")
    services.create_account(SYSTEM, person)
    set_account(EMAIL, verified_at=None)


def deeds(action: str) -> int:
    return len([deed for deed in rows(AuditEvent) if deed.action == action])


def read_then_write(connection: Connection, token: str, *_purposes: str) -> Taken:
    """The mutant's way to use a link up: looks whether it was used, then marks it, and looks at
    nothing else."""
    columns = (AccountLink.id, AccountLink.account_id, AccountLink.new_email, AccountLink.purpose)
    mine = AccountLink.token_hash == hash_secret(token)
    link = connection.execute(select(*columns).where(mine)).one()
    connection.execute(update(AccountLink).where(mine).values(used_at=links.clock.utc_now()))
    account = select(*links._ACCOUNT).where(Account.id == link.account_id)
    found = connection.execute(account).one()
    return Taken(link.id, link.purpose, link.new_email, found)


@repeated
@pytest.mark.parametrize("purpose", ["reset", "confirm"])
@pytest.mark.parametrize(
    ("take", "winners"), [(take_link, 1), (read_then_write, TIMES)], ids=["guarded", "mutant"]
)
@pytest.mark.usefixtures("database")
def test_one_link_five_times(
    take: Callable[..., Any],
    winners: int,
    purpose: str,
    attempt: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All five have found the link open before the first of them takes it."""
    meeting, find = Barrier(TIMES), recovery.find_open_link

    def find_together(*wanted: str) -> Any:
        found = find(*wanted)
        meeting.wait(30)
        return found

    monkeypatch.setattr(recovery, "find_open_link", find_together)
    monkeypatch.setattr(recovery, "take_link", take)
    make_asha()
    token = link_for(purpose)

    def use(number: int) -> Any:
        if purpose == "reset":
            given = PasswordReset(token, f"a kettle of tea, cup {number}")
            return services.reset_password(GUEST, given)
        return services.confirm_address(GUEST, Confirmation(token, PASSWORD))

    acts = [lambda number=number: use(number) for number in range(TIMES)]
    outcomes = at_once(acts)
    done = deeds("account.password_reset" if purpose == "reset" else "account.email_confirmed")
    assert (len(succeeded(outcomes)), done) == (winners, winners)
    assert raised(outcomes) == ["LinkRefused"] * (TIMES - winners)


@repeated
@pytest.mark.usefixtures("database")
def test_two_people_move_to_one_address(attempt: int) -> None:
    """The address is unique; who comes second keeps the old one, and the link stays unused."""
    make_asha()
    ravi = services.PersonToCreate(
        "ravi@example.org", "Ravi", "tea, no biscuits", "customer", "UTC"
    )
    services.create_account(SYSTEM, ravi)
    first = link_for("change", "one@example.org")
    second = _link_of_ravi()
    acts = [
        lambda token=token, password=password: services.confirm_address(
            GUEST, Confirmation(token, password)
        )
        for token, password in ((first, PASSWORD), (second, "tea, no biscuits"))
    ]
    outcomes = at_once(acts)
    assert raised(outcomes) == ["LinkRefused"]
    emails = sorted(account.email for account in rows(Account))
    assert emails in (
        ["asha@example.org", "one@example.org"],
        ["one@example.org", "ravi@example.org"],
    )
    assert deeds("account.email_changed") == 1


@verb
def _link_of_ravi(connection: Connection) -> str:
    account = find_account(connection, "ravi@example.org")
    issued = issue_link(ask_for_link(connection, "change", account, "one@example.org"), SECRET)
    assert issued is not None
    return issued.token


@repeated
@pytest.mark.usefixtures("database")
def test_a_reset_beside_a_change_of_address(attempt: int) -> None:
    """Both were made for one state of the account: one of them finds it gone."""
    make_asha()
    reset, change = link_for("reset"), link_for("change", "one@example.org")
    outcomes = at_once(
        [
            lambda: services.reset_password(GUEST, PasswordReset(reset, "a kettle of green tea")),
            lambda: services.confirm_address(GUEST, Confirmation(change, PASSWORD)),
        ]
    )
    assert [type(each) for each in outcomes if isinstance(each, Exception)] == [LinkRefused]
