"""The stock page: what a manager writes down, and that nothing typed is lost."""

from datetime import timedelta
from typing import Any

import pytest

from kirana.platform import clock
from tests.accounts.people import PASSWORD, join
from tests.accounts.test_csrf import token_in
from tests.catalog.market import Market, join_store, open_market
from tests.stock.lots import lots_of, sell_lots


@pytest.fixture
def market(app: Any) -> Market:
    return open_market()


class Keeper:
    """A manager with the stock page of one product open."""

    def __init__(self, app: Any, market: Market, slug: str) -> None:
        visitor = join(app, "manager")
        join_store(visitor.email, market.store)
        self.client = visitor.client
        self.client.post(
            "/sign-in", data={"email": visitor.email, "password": PASSWORD},
            headers={"Origin": "http://localhost"},
        )  # fmt: skip
        self.path = f"/office/{market.store}/products/{slug}/stock"

    def look(self, query: str = "") -> str:
        answer = self.client.get(f"{self.path}{query}")
        assert answer.status_code == 200
        return str(answer.text)

    def write(self, do: str, path: str = "", **texts: Any) -> Any:
        page = self.look(f"?do={do}")
        seen = page.partition('name="seen" value="')[2].partition('"')[0]
        form = {"do": do, "seen": seen} if not path else {}
        data = {**form, "csrf_token": token_in(page), **texts}
        return self.client.post(self.path + path, data=data)


def test_a_day_at_the_shelf(app: Any, market: Market) -> None:
    today = clock.utc_now().date()
    slug = market.sell("Milk", stock=2)
    keeper = Keeper(app, market, slug)
    assert "2 = 2 received on" in keeper.look()
    assert keeper.write("receive", "/lots", keep="yes").status_code == 303
    soon = (today + timedelta(days=2)).isoformat()
    assert keeper.write("receive", quantity=9, lot="L1", best_before=soon).status_code == 303
    assert keeper.write("waste", quantity=1, code="damaged", lot="L1").status_code == 303
    assert keeper.write("correct", quantity=-1, reason="count").status_code == 303
    assert lots_of(slug) == {"before": 2, "L1": 7}
    assert keeper.write("count", quantity=8).status_code == 303
    other = sell_lots(market, title="Milk, shelf two")
    assert f'value="{other}"' in keeper.look("?do=send")
    assert keeper.write("send", quantity=3, to=other).status_code == 303
    assert (lots_of(slug), lots_of(other)) == ({"before": 2, "L1": 3}, {"L1": 3})
    page = keeper.look()
    assert "Wasted: damaged" in page
    assert "lot L1: −3" in page


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    app: Any, market: Market
) -> None:
    slug = sell_lots(market, ("L1", 4, None))
    keeper = Keeper(app, market, slug)
    for do, texts, field in (
        ("receive", {"quantity": 3, "best_before": "2020-01-01"}, "best_before"),
        ("waste", {"quantity": 1, "code": "stolen"}, "code"),
        ("waste", {"quantity": 1, "code": "lost", "lot": "L9"}, "lot"),
        ("send", {"quantity": 1, "to": "nowhere"}, "to"),
        ("count", {"quantity": -1}, "quantity"),
        ("correct", {"quantity": 0}, "quantity"),
    ):
        answer = keeper.write(do, reason="as <I> said", **texts)
        assert answer.status_code == 422
        assert f'id="error-{field}"' in answer.text
        assert "as &lt;I&gt; said" in answer.text
    assert lots_of(slug) == {"L1": 4}
    assert keeper.write("count", quantity=9, seen=1).status_code == 412


def test_where_goods_may_be_sent_is_a_list_of_names(app: Any, market: Market) -> None:
    slug = sell_lots(market, ("L1", 4, None))
    keeper = Keeper(app, market, slug)
    assert "none of your other goods is kept in pieces and with lots" in keeper.look("?do=send")
    other = sell_lots(market, title="Milk, shelf two")
    page = keeper.look("?do=send")
    assert '<select class="input" id="field-to" name="to"' in page
    assert f'<option value="{other}">{market.store.title()} · Milk, shelf two</option>' in page
    assert 'id="field-named"' not in page
    assert keeper.write("send", quantity=1, named=other).status_code == 303


def test_an_empty_form_is_told_in_the_words_of_the_screen(app: Any, market: Market) -> None:
    keeper = Keeper(app, market, sell_lots(market, ("L1", 4, None)))
    words = {"": "must be given", "a few": "must be a whole number"}
    words["1" + "0" * 10] = "must be 1000000000 or less"
    for quantity, told in words.items():
        answer = keeper.write("receive", quantity=quantity)
        assert answer.status_code == 422
        assert f"How much: {told}" in answer.text
        assert "`" not in answer.text.split("data-form-errors")[1].split("</form>")[0]
