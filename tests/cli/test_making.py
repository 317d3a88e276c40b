"""From nothing to a shop: init, upgrade, demo, and the accounts that an operator makes."""

import csv
import io
import json
import stat

import pytest

from kirana.accounts.passwords import matches
from kirana.demo.people import ADMIN_EMAIL, CUSTOMER_EMAIL, MANAGER_EMAIL
from kirana.platform import migrations
from tests.cli.running import PYTHON, Shop
from tests.machinery.databases import Database

TYPED = "a long enough password"


def test_init_and_upgrade_twice(blank_database: Database, fresh: Shop) -> None:
    shop = Shop(fresh.home, {"database_url": blank_database.url})
    assert migrations.head() in shop("init").answer
    for _ in range(2):
        assert migrations.head() in shop("upgrade").answer
    assert json.loads(shop.inside("check", "--json").answer)["findings"] == []
    assert stat.S_IMODE((shop.home / "secret").stat().st_mode) == 0o600


def test_what_is_written_is_for_the_shops_own_user(fresh: Shop) -> None:
    script = 'umask 022; "$0" -m kirana.cli init && exec "$0" -m kirana.cli demo'
    fresh.start("/bin/sh", "-c", script, PYTHON).answer  # noqa: B018 - asserts that it went well
    found = [fresh.home, *fresh.home.rglob("*")]
    assert {path.name for path in found} >= {"secret", "kirana.sqlite3", "media"}
    wrong = [
        f"{path.relative_to(fresh.home)} {stat.S_IMODE(path.stat().st_mode):o}"
        for path in found
        if stat.S_IMODE(path.stat().st_mode) != (0o700 if path.is_dir() else 0o600)
    ]
    assert wrong == []


def test_the_demo_is_clean(seeded: Shop) -> None:
    said = seeded.inside("check").answer
    assert said.strip().splitlines()[-1].endswith("rules hold.")
    answer = json.loads(seeded("check", "--json").answer)
    assert answer["findings"] == []
    assert answer["rules"] == len(said.strip().splitlines()) - 1


def test_a_planted_fault_is_shown_with_its_row(demo: Shop) -> None:
    [(number,)] = demo.rows('SELECT number FROM "order" ORDER BY id LIMIT 1')
    demo.rows('UPDATE "order" SET tax_minor = tax_minor + 1 WHERE number = ?', number)
    said = demo("check")
    assert said.status == 1
    assert "Statement 4 does not hold: an order's tax is the tax of its lines" in said.out
    assert f"number={number}" in said.out
    assert "rules hold" not in said.out
    told = demo.inside("check", "--json")
    [finding] = json.loads(told.out)["findings"]
    assert (told.status, finding["statement"]) == (1, 4)
    assert [row["number"] for row in finding["rows"]] == [number]


def test_a_second_demo_is_refused(seeded: Shop) -> None:
    orders = seeded.rows('SELECT COUNT(*) FROM "order"')
    assert "not empty" in seeded("demo").refusal
    assert seeded.rows('SELECT COUNT(*) FROM "order"') == orders == [(4000,)]


def test_the_same_number_gives_the_same_shop(seeded: Shop, fresh: Shop) -> None:
    """All but keys drawn anew, and moments, which lie before the start."""
    said = fresh("demo", "--seed", "1").answer
    for email in (ADMIN_EMAIL, MANAGER_EMAIL, CUSTOMER_EMAIL):
        assert f"{email} " in said
    for sql in (
        "SELECT slug, name, street, zone, opening_hours FROM store ORDER BY id",
        "SELECT email, name, role, status FROM account ORDER BY id",
        "SELECT account_id, street, postcode FROM address ORDER BY id",
        "SELECT slug, parent_id, position, tax_class FROM category ORDER BY id",
        "SELECT store_id, category_id, slug, sku, title, price_minor, was_minor, unit, minimum "
        "FROM product ORDER BY id",
        "SELECT product_id, amount_minor FROM price ORDER BY id",
        'SELECT COUNT(*) FROM "order"',
    ):
        found = fresh.rows(sql)
        assert found == seeded.rows(sql)
        assert found


def test_an_operator_makes_people_and_gives_them_roles(demo: Shop) -> None:
    words = ("user", "create", "--role", "customer", "--email", "Asha@Shop.Example")
    said = demo(*words, "--name", "Asha", "--password-stdin", typed=f"{TYPED}\n")
    assert said.answer == "asha@shop.example can sign in as customer.\n"
    find = (
        "SELECT role, status, password_hash, verified_at FROM account"
        " WHERE email = 'asha@shop.example'"
    )
    [(role, status, hashed, confirmed)] = demo.rows(find)
    assert (role, status) == ("customer", "active")
    assert confirmed is not None
    assert matches(hashed, TYPED)
    assert TYPED not in hashed
    again = demo.inside(*words, "--name", "Asha", "--password-stdin", typed=f"{TYPED}\n")
    assert again.refusal
    assert demo("user", "role", "asha@shop.example", "admin").answer.endswith("now admin.\n")
    assert demo.rows(find)[0][0] == "admin"
    assert demo.inside("user", "role", "nobody@shop.example", "admin").refusal
    assert "rules hold" in demo.inside("check").answer


def test_the_last_admin_stays(demo: Shop) -> None:
    assert demo.inside("user", "role", ADMIN_EMAIL, "customer").refusal
    assert demo.rows("SELECT role FROM account WHERE email = ?", ADMIN_EMAIL) == [("admin",)]


@pytest.mark.parametrize("email", ["a@аррӏе.com", "a@example.org.", "A <a@example.org>"])
def test_a_look_alike_is_refused(demo: Shop, email: str) -> None:
    words = ("user", "create", "--role", "admin", "--email", email, "--name", "A")
    said = demo.inside(*words, "--password-stdin", typed=f"{TYPED}\n")
    assert (said.status, "/email" in said.err) == (1, True)


@pytest.mark.parametrize("password", ["short", "", "kirana2026", "sunshine"])
def test_a_weak_password_is_refused(demo: Shop, password: str) -> None:
    words = ("user", "create", "--role", "admin", "--email", "a@shop.example", "--name", "A")
    said = demo.inside(*words, "--password-stdin", typed=f"{password}\n")
    assert said.status == 1
    assert "/password" in said.err
    assert "Traceback" not in said.err
    assert demo.rows("SELECT id FROM account WHERE email = 'a@shop.example'") == []


def test_an_export_is_the_stores_products(seeded: Shop, fresh: Shop) -> None:
    fresh.home.mkdir()
    path = fresh.home / "products.csv"
    said = seeded("export", "lakeview-provisions", "--to", str(path))
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))
    wanted = seeded.rows(
        "SELECT p.sku FROM product p JOIN store s ON s.id = p.store_id "
        "WHERE s.slug = 'lakeview-provisions' ORDER BY p.id"
    )
    assert [row["sku"] for row in rows] == [sku for (sku,) in wanted]
    assert said.err == f"{len(wanted)} products\n"
    assert seeded.inside("export", "no-such-store").refusal


def test_an_operator_resets_the_factors_of_who_lost_them(demo: Shop) -> None:
    [(account,)] = demo.rows("SELECT id FROM account WHERE email = ?", ADMIN_EMAIL)
    demo.rows(
        "INSERT INTO recovery_code (account_id, code_hash, created_at) "
        "VALUES (?, 'x', '2026-01-01 00:00:00')",
        account,
    )
    said = demo("user", "reset-factors", "--email", ADMIN_EMAIL.upper())
    assert said.answer.endswith("all sessions ended.\n")
    assert demo.rows("SELECT count(*) FROM recovery_code") == [(0,)]
    noted = demo.rows("SELECT role FROM audit_event WHERE action = 'factor.reset'")
    assert noted == [("system",)]
    assert demo.inside("user", "reset-factors", "--email", "nobody@shop.example").refusal
