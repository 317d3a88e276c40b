"""`kirana export`: a store's products from the command line."""

import sys
from typing import IO

import click

from kirana.exports import queries
from kirana.exports.services import PAGE
from kirana.exports.table import encode, header
from kirana.platform import clock
from kirana.platform.config import Settings


@click.command()
@click.argument("store")
@click.option("--to", "path", type=click.Path(dir_okay=False, writable=True), default="-")
@click.pass_obj
def export(settings: Settings, store: str, path: str) -> None:
    """Write the products of STORE (its slug) as CSV, to a file or standard output.

    \b
    Examples:
      kirana export corner-shop --to products.csv
      kirana export corner-shop | head
    """
    store_id = queries.store_of(store)
    with click.open_file(path, "wb") as file:
        rows = _write(store_id, file, settings.currency)
    click.echo(f"{rows} products", file=sys.stderr)


def _write(store_id: int, file: IO[bytes], currency: str) -> int:
    until, last_id, count = clock.utc_now(), 0, 0
    file.write(header())
    while rows := queries.list_rows(store_id, until, last_id, PAGE):
        file.write(encode(rows, currency))
        last_id, count = rows[-1].id, count + len(rows)
    return count
