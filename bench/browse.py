"""How many answers lie ready for people who browse without a basket.

    python -m bench.browse --requests 12000

Front page, lists and their later pages, departments, filters, products by popularity (which falls
off exponentially, on average an eighth down the list): the shop is asked from nothing, and its own
``/metrics`` tell what the edge had. Nothing changes meanwhile.
"""

import argparse
import random
import re
import sys
from collections.abc import Sequence
from http.client import HTTPConnection

from sqlalchemy import Connection, select

from bench.load import Call, Unit, apply_load
from bench.multiply import Size, build
from bench.orders import connect
from bench.processes import Watched
from bench.scenarios import Stage, set_stage
from bench.servers import DATABASES, SQLITE, store
from kirana.catalog.models import Category
from kirana.platform import db
from kirana.platform.config import Settings
from kirana.platform.db import query
from kirana.platform.paging import encode_cursor
from tests.machinery.databases import SECRET

PARTS = 4
FILTERS = ("offer=1", "in_stock=1", "diet=vegan", "sort=price", "max_price=100")
_HITS = re.compile(r'lookups_total\{level="edge",outcome="(hit|miss)"\} (\d+)')


@query
def departments(connection: Connection) -> list[str]:
    return list(connection.execute(select(Category.slug).order_by(Category.id)).scalars())


def walk(stage: Stage, slugs: Sequence[str], requests: int, chance: random.Random) -> list[Unit]:
    """So many pages, one after the other, as people come by them."""
    products = [slug for _sort_key, slug in stage.places]
    pages = [f"/products?cursor={encode_cursor(['name', *place])}" for place in stage.places[:40]]

    def popular(of: Sequence[str]) -> str:
        return of[min(len(of) - 1, int(chance.expovariate(8 / len(of))))]

    def one() -> str:
        kind = chance.random()
        if kind < 0.15:
            return "/"
        if kind < 0.5:
            return f"/products/{popular(products)}"
        if kind < 0.7:
            return f"/categories/{popular(slugs)}"
        if kind < 0.8:
            return f"/categories/{popular(slugs)}?{chance.choice(FILTERS)}"
        return popular(["/products", *pages])

    return [[Call("GET", one())] for _ in range(requests)]


def hits(server: Watched) -> tuple[int, int]:
    """What lay at the edge, and what did not, so far."""
    connection = HTTPConnection("localhost", server.port, timeout=10)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    found = {outcome: int(number) for outcome, number in _HITS.findall(text)}
    return found["hit"], found["miss"]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.browse",
        description="How many answers lie ready for people who browse without a basket.",
        epilog="example: python -m bench.browse --requests 12000",
    )
    parser.add_argument("--requests", type=int, default=12_000)
    given = parser.parse_args()
    with DATABASES[SQLITE]() as database:
        build(Settings(env="test", secret=SECRET, database_url=database.url), Size(1_000, 1_000))
        with store(database) as (server, settings):
            connect(settings)
            stage, slugs, before = set_stage(), departments(), (0, 0)
            chance = random.Random(5)  # noqa: S311 - the same people each time
            for part in range(PARTS):
                load = apply_load(server, walk(stage, slugs, given.requests // PARTS, chance), 0)
                after = hits(server)
                hit, miss = after[0] - before[0], after[1] - before[1]
                before = after
                sys.stdout.write(
                    f"quarter {part + 1}: {sum(load.statuses.values())} pages, "
                    f"{hit / (hit + miss):.1%} lay ready; {dict(load.statuses)}\n"
                )
        db.dispose()


if __name__ == "__main__":
    main()
