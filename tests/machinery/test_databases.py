"""The machinery itself: each test finds a migrated database without the last test's rows."""

import psycopg
import pytest
from sqlalchemy import func, insert, make_url, select

from kirana.accounts.models import Account
from kirana.platform import db, migrations
from kirana.platform.config import Settings
from kirana.schema import metadata
from tests.machinery.databases import Database, PostgresSource, migrate


def _add_account(email: str) -> None:
    values = {"email": email, "name": "Asha", "password_hash": "-"}
    with db.transaction() as connection:
        connection.execute(insert(Account).values(role="customer", status="active", **values))


@pytest.mark.parametrize("turn", [1, 2])
def test_rows_of_one_test_are_gone_in_the_next(database: Database, turn: int) -> None:
    with db.reading() as connection:
        assert connection.execute(select(func.count()).select_from(Account)).scalar_one() == 0
    _add_account(f"{turn}@example.org")


def test_what_the_migrations_put_in_stays(database: Database) -> None:
    assert db.engine().dialect.name == database.kind
    assert migrations.is_current()
    assert migrations.differences(metadata) == []


def test_a_blank_database_can_be_migrated(blank_database: Database, settings: Settings) -> None:
    migrate(blank_database.url, settings.home)


@pytest.mark.on_database("postgresql")
def test_a_test_that_leaves_a_lock_does_not_spoil_the_next(
    database: Database, postgres_source: PostgresSource
) -> None:
    name = make_url(database.url).database
    connection = psycopg.connect(
        host=str(postgres_source.cluster.folder), user="postgres", dbname=name
    )
    connection.execute("LOCK TABLE account IN ACCESS EXCLUSIVE MODE")
    assert postgres_source.fresh() == database.url
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()
