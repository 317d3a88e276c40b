"""`kirana stock`: why a level is what it is, from the command line."""

from datetime import datetime
from zoneinfo import ZoneInfo

import click

from kirana.platform.config import Settings
from kirana.stock.ledger_queries import explain_level


@click.group()
def stock() -> None:
    """What is on hand, and why.

    \b
    Example:
      kirana stock explain oat-milk
    """


@stock.command()
@click.argument("product")
@click.option("--at", metavar="MOMENT", help="As YYYY-MM-DDTHH:MM, in the shop's zone or with one.")
@click.pass_obj
def explain(settings: Settings, product: str, at: str | None) -> None:
    """Say why the level of PRODUCT (its slug) is what it is, or was at a moment.

    \b
    Examples:
      kirana stock explain oat-milk
      kirana stock explain oat-milk --at 2026-11-03T18:00
      kirana stock explain oat-milk --at 2026-11-03T18:00+05:30
    """
    click.echo(explain_level(product, None if at is None else _moment(at, settings.tz)).text)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = "write it as 2026-11-03T18:00, with or without a zone"
        raise click.BadParameter(message, param_hint="--at") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
