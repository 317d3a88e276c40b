"""What the demo's people say of goods, what they like, and a list for the week, as rows."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from kirana.catalog.models import Product
from kirana.demo.founding import Ground, add_audit
from kirana.demo.people import Customer
from kirana.demo.rows import Rows
from kirana.lists.models import Favourite, ListLine, ShoppingList
from kirana.orders.models import Order, OrderLine
from kirana.platform.columns import new_uid
from kirana.reviews.models import Review, ReviewEvent

REVIEWS = 140
WAITING = 4
FAVOURITES = 9
LISTS = {"For the week": 6, "Sunday breakfast": 4}
_TEXTS = {
    5: (
        "Very good, we buy it again and again.", "Fresh and well packed. The children love it.",
        "The best I have had for this price.", "Exactly as at the market, only nearer.",
    ),
    4: ("Good. A little dear, but it keeps well.", "We like it. Came a day fresher than expected.",
        "Good quality, the pack could be larger."),
    3: ("It is all right for everyday use.", "As expected, no more and no less."),
    2: ("Not quite ripe when it came.", "The taste is rather weak."),
}  # fmt: skip
_WEIGHTS = (52, 30, 13, 5)
_ANSWER = "Thank you for telling us. We have spoken with the grower; please give it another try."


def let_them_speak(
    rows: Rows, ground: Ground, customers: Sequence[Customer], now: datetime, seed: int
) -> None:
    """Reviews by who has had it, most of them shown; favourites and lists of the first customer."""
    chance = random.Random(f"voices {seed}")  # noqa: S311 - the same per seed
    had = _had(rows)
    names = {
        key: person.name.split()[0] for key, person in zip(ground.customers, customers, strict=True)
    }
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    # What many have had is what many speak of.
    spoken = chance.sample(sorted(had), min(len(had), REVIEWS))
    for number, (account_id, product_id) in enumerate(spoken):
        stars = chance.choices((5, 4, 3, 2), _WEIGHTS)[0]
        said = {"account_id": account_id, "product_id": product_id, "stars": stars}
        at = min(had[account_id, product_id] + timedelta(hours=chance.randint(20, 90)), now)
        is_shown = number >= WAITING
        _review(
            rows,
            said | {"author": names[account_id]},
            chance.choice(_TEXTS[stars]),
            (at, now, is_shown),
        )
        if is_shown:
            sums[product_id][0] += 1
            sums[product_id][1] += stars
    for product in rows.of(Product):
        count, total = sums.get(product["id"], (0, 0))
        product.update(review_count=count, stars_sum=total)  # type: ignore[attr-defined]
    _keep(
        rows,
        ground.customers[0],
        [product for who, product in had if who == ground.customers[0]],
        now,
    )


def _had(rows: Rows) -> dict[tuple[int, int], datetime]:
    """(account, product) of what came, with the moment of the last time."""
    orders = {row["id"]: row for row in rows.of(Order) if row["status"] == "completed"}
    lines = (row for row in rows.of(OrderLine) if row["order_id"] in orders)
    return {
        (orders[row["order_id"]]["account_id"], row["product_id"]): orders[row["order_id"]][
            "updated_at"
        ]
        for row in lines
        if row["status"] == "picked"
    }


def _review(
    rows: Rows, said: Mapping[str, Any], text: str, when: tuple[datetime, datetime, bool]
) -> None:
    at, now, is_shown = when
    is_answered = is_shown and said["stars"] <= 2
    looked_at = min(at + timedelta(hours=3), now)
    uid = new_uid()
    key = rows.add(
        Review, **said, uid=uid, text=text, status="shown" if is_shown else "waiting", reason="",
        answer=_ANSWER if is_answered else "", answered_at=looked_at if is_answered else None,
        version=1 + is_shown + is_answered, written_at=at,
    )  # fmt: skip
    steps = [(None, "waiting", at)] + [("waiting", "shown", looked_at)] * is_shown
    for before, after, moment in steps:
        rows.add(
            ReviewEvent, review_id=key, from_status=before, to_status=after, actor_id=None,
            at=moment,
        )  # fmt: skip
    deed = ("review.written", "review", uid)
    add_audit(rows, at, (said["account_id"], "customer"), deed, {"stars": said["stars"]})


def _keep(rows: Rows, account_id: int, products: Sequence[int], now: datetime) -> None:
    known = list(dict.fromkeys(products))
    minimums = {row["id"]: row["minimum"] for row in rows.of(Product)}
    for product_id in known[:FAVOURITES]:
        rows.add(Favourite, account_id=account_id, product_id=product_id, created_at=now)
    begin = 0
    for name, size in LISTS.items():
        key = rows.add(
            ShoppingList, uid=new_uid(), account_id=account_id, name=name, version=size + 1,
            created_at=now,
        )  # fmt: skip
        for product_id in known[begin : begin + size]:
            rows.add(
                ListLine, list_id=key, product_id=product_id, quantity=minimums[product_id],
                added_by=account_id, created_at=now,
            )  # fmt: skip
        begin += size
