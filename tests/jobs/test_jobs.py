"""Long work is asked for once, claimed by one, and ends in one way."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from kirana.jobs import queries, services
from kirana.jobs.errors import JobRunning
from kirana.jobs.models import Job, JobEvent
from kirana.jobs.shapes import ClaimedJob, JobKey, NewJob, Progress, Result
from kirana.jobs.states import JOB_MOVES
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.columns import new_uid
from kirana.platform.db import query, verb
from kirana.platform.errors import Forbidden, IllegalMove, NotFound
from kirana.platform.paging import PageQuery
from tests.jobs.rows import actor_of, add_account, add_member, add_store

START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture
def store_id(database: Any) -> int:
    return add_store("corner")


@pytest.fixture
def manager(store_id: int) -> Actor:
    account_id = add_account("mira@shop.example", "manager")
    add_member(account_id, store_id)
    return actor_of(account_id)


@query
def row(connection: Connection, job_id: int) -> Any:
    return connection.execute(select(Job.__table__).where(Job.id == job_id)).one()


@query
def path(connection: Connection, job_id: int) -> list[tuple[str | None, str]]:
    find = select(JobEvent.from_status, JobEvent.to_status).where(JobEvent.job_id == job_id)
    return [tuple(item) for item in connection.execute(find.order_by(JobEvent.id))]


def ask(manager: Actor, store_id: int, **params: Any) -> JobKey:
    return services.start_job(manager, NewJob("export", store_id, params))


def claim(job: JobKey) -> ClaimedJob:
    claimed = services.claim_job(job.id)
    assert claimed is not None
    return claimed


def test_from_asked_to_done(manager: Actor, store_id: int) -> None:
    job = ask(manager, store_id)
    claimed = claim(job)
    assert services.report_progress(claimed, Progress("7", 100, 50, 200, "f.part"))
    view = queries.get_job(manager, job.uid)
    assert (view.state, view.percent, view.rows_done, view.rows_total) == ("running", 25, 50, 200)
    assert services.finish_job(claimed, Result("f.csv", "a" * 64, 400, 200))
    view = queries.get_job(manager, job.uid)
    assert (view.state, view.percent, view.seconds_left) == ("done", 100, None)
    assert path(job.id) == [(None, "queued"), ("queued", "running"), ("running", "done")]


def test_seconds_left_follow_the_speed(manager: Actor, store_id: int) -> None:
    with clock.frozen(START):
        claimed = claim(ask(manager, store_id))
        services.report_progress(claimed, Progress("1", 1, 250, 1000, "f"))
    with clock.frozen(START + timedelta(seconds=10)):
        assert queries.get_job(manager, claimed.uid).seconds_left == 30


def test_asking_again_gives_the_same_job(manager: Actor, store_id: int) -> None:
    with clock.frozen(START):
        job = ask(manager, store_id)
        assert ask(manager, store_id) == JobKey(job.id, job.uid, is_new=False)
        claimed = claim(job)
        assert ask(manager, store_id).id == job.id
        services.finish_job(claimed, Result("f", "a" * 64, 1, 1))
        assert ask(manager, store_id).id == job.id, "within the minute"
    with clock.frozen(START + timedelta(seconds=61)):
        assert ask(manager, store_id).id != job.id


def test_one_at_a_time_for_each_person(manager: Actor, store_id: int) -> None:
    ask(manager, store_id)
    with pytest.raises(JobRunning):
        ask(manager, add_store("other"))


def test_ten_at_once_are_one_job(manager: Actor, store_id: int) -> None:
    start, found = threading.Barrier(10), []

    def work() -> None:
        start.wait()
        found.append(ask(manager, store_id))

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({job.id for job in found}) == 1
    assert sum(job.is_new for job in found) == 1


def test_a_held_lease_is_respected_and_a_lost_one_taken(manager: Actor, store_id: int) -> None:
    with clock.frozen(START):
        job = ask(manager, store_id)
        first = claim(job)
        assert services.claim_job(job.id) is None
        assert queries.due_jobs("export") == []
    with clock.frozen(START + services.LEASE):
        assert queries.due_jobs("export") == [job.id]
        second = claim(job)
        assert (first.attempt, second.attempt) == (1, 2)
        assert not services.report_progress(first, Progress("1", 1, 1, 1, "late"))
        assert not services.finish_job(first, Result("late", "a" * 64, 1, 1))
        assert services.finish_job(second, Result("f", "b" * 64, 1, 1))
    assert row(job.id).file == "f"


def test_only_one_of_many_claims_wins(manager: Actor, store_id: int) -> None:
    job = ask(manager, store_id)
    start, found = threading.Barrier(6), []

    def work() -> None:
        start.wait()
        found.append(services.claim_job(job.id))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [item is None for item in found].count(False) == 1


def test_what_never_ends_fails_in_the_end(manager: Actor, store_id: int) -> None:
    moment = START
    with clock.frozen(moment):
        job = ask(manager, store_id)
    for _ in range(services.MOST_ATTEMPTS):
        with clock.frozen(moment):
            claim(job)
        moment += services.LEASE
    with clock.frozen(moment):
        assert services.claim_job(job.id) is None
    view = queries.get_job(manager, job.uid)
    assert view.state == "failed"
    assert view.error


def test_trouble_waits_a_little(manager: Actor, store_id: int) -> None:
    with clock.frozen(START):
        job = ask(manager, store_id)
        services.release_job(claim(job))
        assert services.claim_job(job.id) is None
    with clock.frozen(START + services.PAUSE_AFTER_TROUBLE):
        assert claim(job).attempt == 2


def test_cancelling_stops_the_worker_at_its_next_page(manager: Actor, store_id: int) -> None:
    claimed = claim(ask(manager, store_id))
    services.cancel_job(manager, claimed.uid)
    assert not services.report_progress(claimed, Progress("1", 1, 1, 1, "f"))
    with pytest.raises(IllegalMove):
        services.cancel_job(manager, claimed.uid)
    assert queries.get_job(manager, claimed.uid).state == "cancelled"


def test_jobs_of_others_are_not_there(manager: Actor, store_id: int) -> None:
    job = ask(manager, store_id)
    other = actor_of(add_account("other@shop.example", "manager"))
    with pytest.raises(NotFound):
        queries.get_job(other, job.uid)
    with pytest.raises(NotFound):
        services.cancel_job(other, job.uid)
    assert queries.list_jobs(other, PageQuery()).items == []
    with pytest.raises(Forbidden):
        queries.list_jobs(actor_of(add_account("c@shop.example", status="suspended")), PageQuery())


def test_lists_are_paged_newest_first(manager: Actor, store_id: int) -> None:
    for number in range(5):
        services.cancel_job(manager, ask(manager, store_id, number=number).uid)
    seen, cursor = [], None
    while True:
        page = queries.list_jobs(manager, PageQuery(limit=2, cursor=cursor))
        seen += [item.uid for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    created = [queries.get_job(manager, uid).created_at for uid in seen]
    assert created == sorted(created, reverse=True)


def test_every_state_is_reached_or_final() -> None:
    reached = {"queued"} | {to for ways in JOB_MOVES.values() for to in ways}
    assert reached == set(JOB_MOVES)


def test_jobs_that_ended_long_ago_are_forgotten_with_their_moves(database: Any) -> None:
    owner = add_account("old@example.org")
    kept, gone = add_ended(owner, days=80), add_ended(owner, days=100)
    with_file = add_ended(owner, days=100, status="done", file="still.csv", sha256="0" * 64)
    running = add_ended(owner, days=100, status="running", finished_at=None)
    assert services.purge_jobs(90) == 1
    assert set(job_ids()) == {kept, with_file, running}
    assert gone not in event_jobs()
    assert kept in event_jobs()
    assert services.purge_jobs(90) == 0


def test_more_jobs_than_one_transaction_forgets(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kirana.platform.purging.BATCH", 2)
    owner = add_account("many@example.org")
    for _ in range(5):
        add_ended(owner, days=100)
    assert services.purge_jobs(90) == 5
    assert job_ids() == []


@verb
def add_ended(connection: Connection, owner: int, days: int, **given: Any) -> int:
    """A job of long ago with its last move."""
    at = clock.now(connection) - timedelta(days=days)
    row = {
        "kind": f"export {new_uid()}", "requester_id": owner, "status": "expired", "attempt": 1,
        "finished_at": at, "created_at": at, "snapshot_at": at,
    }  # fmt: skip
    made = connection.execute(insert(Job).values(**(row | given)).returning(Job.id)).scalar_one()
    connection.execute(insert(JobEvent).values(job_id=made, to_status="expired", at=at))
    return int(made)


@query
def job_ids(connection: Connection) -> list[int]:
    return list(connection.execute(select(Job.id).order_by(Job.id)).scalars())


@query
def event_jobs(connection: Connection) -> set[int]:
    return set(connection.execute(select(JobEvent.job_id)).scalars())
