"""Lots, causes and the story of a level over JSON."""

from datetime import timedelta
from typing import Any

import pytest

from kirana.platform import clock
from tests.accounts.people import Visitor, join
from tests.catalog.market import Market, join_store, open_market


@pytest.fixture
def market(app: Any) -> Market:
    return open_market()


@pytest.fixture
def keeper(app: Any, market: Market) -> Visitor:
    visitor = join(app, "manager")
    join_store(visitor.email, market.store)
    return visitor


def day(ahead: int) -> str:
    return (clock.utc_now().date() + timedelta(days=ahead)).isoformat()


def test_a_lot_from_its_delivery_to_its_waste(market: Market, keeper: Visitor) -> None:
    path = f"/products/{market.sell(stock=4)}/stock"
    told = keeper.call("PATCH", path, {"tracks_lots": True})
    assert (told.status_code, told.json["tracks_lots"]) == (200, True)
    moves = f"{path}/movements"
    come = {"kind": "received", "quantity": 6, "lot": "L1", "best_before": day(2)}
    assert keeper.post(moves, come).json["on_hand"] == {"value": 10, "unit": "each"}
    wasted = {"kind": "wasted", "quantity": 1, "code": "damaged", "lot": "L1", "reason": "fell"}
    assert keeper.post(moves, wasted).status_code == 201
    assert (
        keeper.post(moves, {"kind": "adjusted", "delta": -1, "reason": "count"}).status_code == 201
    )
    lots = keeper.get(f"{path}/lots").json["items"]
    assert [(lot["code"], lot["on_hand"], lot["best_before"]) for lot in lots] == [
        ("L1", 4, day(2)),
        ("before", 4, None),
    ]
    assert 1 <= lots[0]["days_left"] <= 2
    waste = keeper.get(moves).json["items"][1]
    assert {name: waste[name] for name in ("kind", "reason_code", "cause", "transfer")} == {
        "kind": "wasted", "reason_code": "damaged", "cause": "person", "transfer": None,
    }  # fmt: skip
    assert waste["lots"] == [{"code": "L1", "best_before": day(2), "delta": -1}]
    story = keeper.get(f"{path}/explanation").json
    assert story["text"].startswith("8 = 10 received in 2 deliveries − 1 wasted (damaged) on ")
    assert keeper.get(f"{path}/explanation?at=2020-01-01T00:00:00Z").json["on_hand"] == 0


def test_goods_go_to_another_shelf(market: Market, keeper: Visitor) -> None:
    here, there = market.sell("Rice", stock=4), market.sell("Rice, second shelf", stock=0)
    body = {"kind": "transferred", "quantity": 3, "to": there}
    assert keeper.post(f"/products/{here}/stock/movements", body).json["on_hand"]["value"] == 1
    ends = [keeper.get(f"/products/{s}/stock/movements").json["items"][0] for s in (here, there)]
    assert ends[0]["transfer"] == ends[1]["transfer"] is not None
    assert [end["reason"] for end in ends] == ["To Rice, second shelf", "From Rice"]


MISFITS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"kind": "wasted", "quantity": 1}, "/code"),
    ({"kind": "wasted", "quantity": 1, "code": "stolen"}, "/code"),
    ({"kind": "wasted", "code": "lost"}, "/quantity"),
    ({"kind": "transferred", "quantity": 1}, "/to"),
    ({"kind": "received", "quantity": 1, "to": "x"}, "/to"),
    ({"kind": "received", "quantity": 1, "best_before": "2020-01-01"}, "/lot"),
    ({"kind": "received", "quantity": 1, "delta": 1}, "/delta"),
    ({"kind": "adjusted", "delta": 1, "code": "lost"}, "/code"),
    ({"kind": "adjusted", "delta": 1}, "/reason"),
    ({"kind": "adjusted", "delta": 1, "reason": "x" * 201}, "/reason"),
    ({"kind": "received", "quantity": 1, "reason": "x" * 201}, "/reason"),
    ({"kind": "sold", "quantity": 1}, "/kind"),
)


def test_what_does_not_fit_is_named(market: Market, keeper: Visitor) -> None:
    path = f"/products/{market.sell(stock=4)}/stock"
    for body, pointer in MISFITS:
        answer = keeper.post(f"{path}/movements", body)
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert keeper.get(path).json["on_hand"]["value"] == 4
    assert keeper.call("PATCH", path, {"low_at": 1, "tracks_lots": True}).status_code == 422
    assert keeper.call("PATCH", path, {"on_hand": 9}).status_code == 428
    stale = keeper.call("PATCH", path, {"on_hand": 9}, **{"If-Match": '"1"'})
    assert stale.status_code == 412
