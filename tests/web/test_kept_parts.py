"""Parts of pages that are rendered once: everybody's cards, and nobody else's secrets."""

import re
import secrets
from contextvars import ContextVar
from typing import Any

import pytest
from flask import render_template_string, session
from jinja2.exceptions import UndefinedError
from werkzeug.local import LocalProxy

from kirana.cart.visitors import shown_basket
from kirana.catalog.inputs import ProductChanges
from kirana.catalog.services.products import edit_product
from kirana.pairs.queries import Companion
from kirana.platform.cookies import ACCESS_COOKIE, GUEST_COOKIE
from kirana.platform.http import current_actor
from kirana.platform.pages import note
from kirana.platform.paging import encode_cursor
from kirana.search import cached
from kirana.stock.queries import list_items
from kirana.stock.services.goods import adjust_stock
from kirana.storefront import pages, voices
from kirana.web import fragments, own, shell
from tests.accounts.people import OWN_ORIGIN, join
from tests.catalog.market import Market, open_market

TOKEN = re.compile(r'name="csrf_token" value="([^"]*)"')
RETURN = re.compile(r'name="return_to" value="([^"]*)"')
STEPPER = re.compile(r'data-stepper="([^"]*)" data-quantity="(\d+)"')


@pytest.fixture
def market(app: Any) -> Market:
    found = open_market()
    for number in range(6):
        found.sell(f"Milk {number}")
    return found


def browser(app: Any) -> Any:
    """The browser of a newcomer who is signed in."""
    person = join(app)
    client = app.test_client()
    assert person.tokens is not None
    client.set_cookie(ACCESS_COOKIE, person.tokens.access_token)
    return client


def test_each_sees_their_own_token_and_the_way_back(market: Market, app: Any) -> None:
    asha, ravi, guest = browser(app), browser(app), app.test_client()
    seen = []
    for path in ("/products", f"/categories/{market.shelf}?sort=price"):
        for who in (asha, ravi, guest, asha):
            page = who.get(path).text
            assert set(RETURN.findall(page)) == {path}, path
            assert len(RETURN.findall(page)) == 6
            assert fragments._MARK not in page
            tokens = TOKEN.findall(page)
            seen.append((len(tokens) >= 6, len(set(tokens)), tuple(set(tokens))))
    assert [few for _, few, _ in seen] == [1, 1, 0, 1] * 2
    assert [has for has, _, _ in seen] == [True, True, False, True] * 2
    assert seen[0] == seen[3] == seen[4] != seen[1] == seen[5]


def test_each_sees_their_own_basket_on_the_cards(market: Market, app: Any) -> None:
    asha, ravi = browser(app), browser(app)
    taken = {"product": "milk-2", "change": "+", "return_to": "/products"}
    assert asha.post("/basket/lines", data=taken, headers=OWN_ORIGIN).status_code == 303
    for _ in range(2):
        for who, quantity in ((asha, "1"), (ravi, "0")):
            main = who.get("/products").text.split('class="product-grid"')[1].split("</ul>")[0]
            assert dict(STEPPER.findall(main))["milk-2"] == quantity
            assert dict(STEPPER.findall(main))["milk-3"] == "0"


def test_a_page_for_all_has_nobody_s_name_in_it(market: Market, app: Any) -> None:
    """Each of two people, a guest and a manager sees their own frame around one kept page."""
    asha, ravi, guest = browser(app), browser(app), app.test_client()
    taken = {"product": "milk-2", "change": "+", "return_to": "/products"}
    assert asha.post("/basket/lines", data=taken, headers=OWN_ORIGIN).status_code == 303
    for path in ("/", "/products", f"/categories/{market.shelf}"):
        for _ in range(2):
            for who, ways, count in (
                (asha, "/account", "1"),
                (ravi, "/account", "0"),
                (guest, "/sign-in", "0"),
            ):
                page = who.get(path).text
                assert f'href="{ways}' in page
                assert set(re.findall(r"data-basket-count[^>]*>(\d+)<", page)) == {count}
                assert f'data-count="{count}"' in page
                assert fragments._MARK not in page


def test_what_somebody_is_told_once_is_told_to_them_alone(market: Market, app: Any) -> None:
    asha, guest = browser(app), app.test_client()
    assert "You took" not in guest.get("/products").text
    with app.test_request_context("/products"):
        note("You took <milk>.", "success")
        told = dict(session)
    with asha.session_transaction() as kept:
        kept.update(told)
    assert "Set-Cookie" not in asha.head("/products").headers, "nobody reads a page by its head"
    assert "You took &lt;milk&gt;." in asha.get("/products").text
    assert "You took" not in asha.get("/products").text
    assert "You took" not in guest.get("/products").text


@pytest.mark.parametrize("name", ["actor.name", "basket.count", "basket.lines", "actor", "path"])
def test_a_page_for_all_cannot_show_what_is_one_visitor_s(app: Any, name: str) -> None:
    page = "{{ " + name + " }}"
    with app.test_request_context("/"):
        render_template_string(page)
        with pytest.raises(UndefinedError, match="one visitor's"):
            app.jinja_env.page_for_all("x", ("k",), lambda: render_template_string(page))
        render_template_string(page)


def test_nothing_that_is_made_for_all_may_ask_who_is_calling(app: Any) -> None:
    with app.test_request_context("/"):
        for ask in (current_actor, shown_basket):
            with pytest.raises(RuntimeError, match="who is calling"):
                app.jinja_env.page_for_all("x", ("k",), lambda ask=ask: str(ask()))
        assert current_actor() == current_actor()
        with pytest.raises(RuntimeError):
            app.jinja_env.page_for_all("x", ("k",), lambda: str(current_actor()))


@pytest.mark.parametrize("path", ["/", "/products", "/products?cursor=x"])
def test_a_bad_token_is_refused_before_a_page_is_made(app: Any, path: str) -> None:
    assert app.test_client().get(path, headers={"Authorization": "Bearer x"}).status_code == 401


def test_what_is_called_like_a_class_is_not_taken_for_it(market: Market, app: Any) -> None:
    market.sell("Product gone")
    asha = browser(app)
    taken = {"product": "product-gone", "change": "+", "return_to": "/products"}
    assert asha.post("/basket/lines", data=taken, headers=OWN_ORIGIN).status_code == 303
    main = asha.get("/products").text.split('class="product-grid"')[1].split("</ul>")[0]
    assert [n for slug, n in STEPPER.findall(main) if slug == "product-gone"] == ["1"]


def test_the_mutant_shows_one_visitor_to_another(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the fence a name would be kept in what everybody sees."""
    monkeypatch.setattr(shell, "made_for_all", ContextVar("never", default=False))
    seen = []
    for who in ("Asha", "Ravi"):
        with app.test_request_context("/"):
            monkeypatch.setattr(shell, "person", lambda who=who: {"name": who})
            kept = app.jinja_env.page_for_all(
                "x", ("k",), lambda: render_template_string("{{ actor.name }}")
            )
            seen.append(kept)
    assert seen == [b"Asha", b"Asha"]


def test_a_list_is_looked_up_once_for_all_baskets(
    market: Market, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Any] = []
    find = cached.find_products
    monkeypatch.setattr(cached, "find_products", lambda wanted: looked.append(1) or find(wanted))
    people = [browser(app) for _ in range(3)]
    for number, who in enumerate(people):
        taken = {"product": f"milk-{number}", "change": "+", "return_to": "/products"}
        assert who.post("/basket/lines", data=taken, headers=OWN_ORIGIN).status_code == 303
    for path in ("/products?in_stock=1", f"/categories/{market.shelf}"):
        looked.clear()
        for number, who in enumerate(people):
            main = who.get(path).text.split('class="product-grid"')[1].split("</ul>")[0]
            shown = dict(STEPPER.findall(main))
            assert shown == {f"milk-{n}": str(int(n == number)) for n in range(6)}
            assert set(RETURN.findall(main)) == {path}
        assert len(looked) == 1, path
        edit_product(market.manager, "milk-5", ProductChanges(brand=f"Farm {path}"))
        assert f"Farm {path}" in people[0].get(path).text
        assert len(looked) == 2, path


@pytest.mark.parametrize("is_late", [False, True], ids=["as it is", "key made too late"])
def test_what_was_read_before_a_change_is_not_kept_after_it(
    market: Market, app: Any, monkeypatch: pytest.MonkeyPatch, is_late: bool
) -> None:
    find, as_of_now, asha = pages.find_product_page, pages._as_of_now, browser(app)
    changes = [ProductChanges(title="Fresh milk")]

    def overtaken(slug: str) -> Any:
        found = find(slug)
        if changes:
            edit_product(market.manager, slug, changes.pop())
        return found

    monkeypatch.setattr(pages, "find_product_page", overtaken)
    if is_late:
        late = lambda what: LocalProxy(lambda: as_of_now(what))  # noqa: E731
        monkeypatch.setattr(pages, "_as_of_now", late)
    asha.get("/products/milk-1")
    assert ("<h1>Fresh milk</h1>" in asha.get("/products/milk-1").text) != is_late


def test_sold_out_goods_in_a_basket_can_be_taken_out(market: Market, app: Any) -> None:
    asha, ravi = browser(app), browser(app)
    taken = {"product": "milk-2", "change": "+", "return_to": "/products"}
    asha.post("/basket/lines", data=taken, headers=OWN_ORIGIN)
    adjust_stock(market.manager, "milk-2", -50, "gone")
    for who, is_there in ((ravi, False), (asha, True), (ravi, False)):
        main = who.get("/products").text.split('class="product-grid"')[1].split("</ul>")[0]
        assert ("milk-2" in dict(STEPPER.findall(main))) == is_there
        assert main.count("Sold out") == 1


def test_who_signs_in_comes_back_to_the_page(market: Market, app: Any) -> None:
    basket = app.test_client(use_cookies=False)
    for headers in ({}, {"Cookie": "basket=x"}):
        for path, back in (
            (
                f"/categories/{market.shelf}?in_stock=1",
                f"categories%2F{market.shelf}%3Fin_stock%3D1",
            ),
            ("/products/milk-1", "products%2Fmilk-1"),
        ):
            links = re.findall(r'href="(/sign-in[^"]*)"', basket.get(path, headers=headers).text)
            assert links.count(f"/sign-in?return_to=%2F{back}") >= 2, (path, links)
        assert 'href="/sign-in"' in basket.get("/", headers=headers).text


def test_what_another_tab_took_out_is_gone_without_a_word(market: Market, app: Any) -> None:
    asha = browser(app)
    form = {"product": "milk-2", "return_to": "/basket"}
    asha.post("/basket/lines", data={**form, "change": "+"}, headers=OWN_ORIGIN)
    for given in ({"quantity": "0"}, {"quantity": "0"}, {"change": "=", "amount": "0"}):
        answer = asha.post("/basket/lines", data={**form, **given}, headers=OWN_ORIGIN)
        assert (answer.status_code, answer.location) == (303, "/basket"), given
    part = {**OWN_ORIGIN, "X-Fragment": "basket"}
    answer = asha.post("/basket/lines", data={**form, "quantity": "0"}, headers=part)
    assert answer.status_code == 200
    assert 'data-count="0"' in answer.text


def test_a_note_stays_on_the_card_that_it_is_about(
    market: Market, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought = {"milk-0": [7], "milk-1": [31]}
    (milk,) = list_items(["milk-2"])
    monkeypatch.setattr(
        voices, "list_companions", lambda slug: [Companion(milk, n) for n in bought.get(slug, ())]
    )
    asha = browser(app)
    for path, said in (("/products/milk-0", "7"), ("/products/milk-1", "31"), ("/products", "")):
        told = re.findall(r"by (\d+) customers", asha.get(path).text)
        assert told == [said] * bool(said), path


def test_who_asks_for_the_head_alone_is_told_its_length(market: Market, app: Any) -> None:
    asha = browser(app)
    for path in ("/products", "/products/milk-1", "/search?q=milk"):
        whole, head = asha.get(path), asha.head(path)
        assert head.headers["Content-Length"] == str(len(whole.data)), path


def test_what_is_filed_under_long_names_is_counted_with_them(app: Any) -> None:
    with app.test_request_context("/"):
        before = bytes_kept(app)
        render_template_string("{% kept name %}x{% endkept %}", name="n" * 10_000)
    assert bytes_kept(app) - before > 10_000


def bytes_kept(app: Any) -> int:
    return sum(shelf.bytes for shelf in app.jinja_env.globals[fragments._SHELF])


def test_large_parts_do_not_crowd_out_small_ones(app: Any) -> None:
    made: list[str] = []
    page = "{% kept name, size %}{{ made(name) }}{{ 'x' * size }}{% endkept %}"
    with app.test_request_context("/"):
        render_template_string(page, name="card", size=1000, made=made.append)
        for number in range(150):
            render_template_string(page, name=f"page {number}", size=100_000, made=made.append)
        render_template_string(page, name="page 149", size=100_000, made=made.append)
        render_template_string(page, name="card", size=1000, made=made.append)
        assert made.count("card") == made.count("page 149") == 1
        render_template_string(page, name="page 0", size=100_000, made=made.append)
    assert made.count("page 0") == 2
    assert bytes_kept(app) <= 2 * fragments._MOST_BYTES


def test_a_cursor_is_no_longer_than_ours_are(market: Market, app: Any) -> None:
    long = encode_cursor(["name", "milk", "m" * 1000])
    assert browser(app).get(f"/products?cursor={long}").status_code == 404
    answer = app.test_client().get(f"/api/v1/products?cursor={long}")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/cursor")


def test_a_place_in_a_list_that_is_no_more_stays_not_found(market: Market, app: Any) -> None:
    asha = browser(app)
    for _ in range(2):
        assert asha.get("/products?cursor=nonsense").status_code == 404
    assert asha.get("/products").status_code == 200


def test_other_values_are_another_part(market: Market, app: Any) -> None:
    asha = browser(app)
    asha.get("/products")
    edit_product(market.manager, "milk-1", ProductChanges(title='Tea & <b>"Biscuits"'))
    page = asha.get("/products").text
    assert "Tea &amp; &lt;b&gt;" in page
    assert "Milk 1<" not in page


def test_a_part_is_rendered_once_for_its_key_and_marks_are_filled_at_the_end(app: Any) -> None:
    made = []
    template = (
        "{% kept 'a', number, [1, {'b': 2}] %}{{ make(number) }}{{ csrf() }}"
        "{% kept 'inner' %}({{ make('inner') }}{{ own_fields() }}){% endkept %}{% endkept %}"
    )

    def render(number: int, path: str) -> str:
        with app.test_request_context(path):
            shown = render_template_string(
                template, number=number, make=lambda what: made.append(what) or what
            )
            assert not fragments._inside.get()
            return shown

    back = '<input type="hidden" name="return_to" value="{}">'
    assert render(1, "/a?b=<c>&d") == f"1(inner{back.format('/a?b=&lt;c&gt;&amp;d')})"
    assert render(1, "/e") == f"1(inner{back.format('/e')})"
    assert render(2, "/e") == f"2(inner{back.format('/e')})"
    assert made == [1, "inner", 2]


@pytest.mark.parametrize("length", [100, 5_000])
def test_addresses_as_long_as_nobody_writes_them_are_not_remembered(
    market: Market, app: Any, length: int
) -> None:
    """Or anybody could fill the memory with them."""
    guest = app.test_client()
    guest.set_cookie(GUEST_COOKIE, "none-of-ours")
    kept = (pages._asked, own._hidden, own._sign_in_from)
    before = [each.cache_info().currsize for each in kept]
    odd = secrets.token_hex(8)
    page = guest.get(f"/products?max_price=9999&odd={odd}{'%26' * length}")
    assert page.status_code == 200
    assert odd in page.text
    after = [each.cache_info().currsize for each in kept]
    assert after == [size + (length == 100) for size in before]
