"""`kirana report`: the monthly report from the command line."""

import re
from collections.abc import Iterator

import click

from kirana.platform.config import Settings
from kirana.platform.money import decimal_text
from kirana.reports import queries, services
from kirana.reports.errors import MonthNotOver
from kirana.reports.figures import MonthFigures
from kirana.reports.queries import Customer

_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


@click.group()
def report() -> None:
    """The customers' monthly report.

    \b
    Example:
      kirana report monthly --month 2026-10 --dry-run
    """


@report.command()
@click.option("--month", required=True, help="The month, as YYYY-MM.")
@click.option("--dry-run", is_flag=True, help="Print the figures and send nothing.")
@click.pass_obj
def monthly(settings: Settings, month: str, dry_run: bool) -> None:
    """Send each customer the figures of a month, once; or print them.

    \b
    Examples:
      kirana report monthly --month 2026-10 --dry-run
      kirana report monthly --month 2026-10
    """
    if not _MONTH.fullmatch(month):
        raise click.BadParameter("write it as YYYY-MM", param_hint="--month")
    if not services.is_over(month):
        raise MonthNotOver
    if dry_run:
        _print(settings, month)
    else:
        owed = services.run_month(month, settings)
        click.echo(f"{owed} reports for {month} will be mailed.")


def _print(settings: Settings, month: str) -> None:
    def money(minor: int) -> str:
        return decimal_text(minor, settings.currency)

    people = orders = items = spend = 0
    click.echo(_line("customer", "orders", "items", "spend"))
    for customer, found in _everyone(settings, month):
        if not found.orders and not settings.report_empty_months:
            continue
        click.echo(_line(customer.email, found.orders, found.items, money(found.spend_minor)))
        for part in found.categories:
            click.echo(_line(f"    {part.name}", "", "", money(part.spend_minor)))
        people, orders = people + 1, orders + found.orders
        items, spend = items + found.items, spend + found.spend_minor
    click.echo(_line(f"{people} reports", orders, items, money(spend)))


def _line(name: str, orders: int | str, items: int | str, spend: str) -> str:
    return f"{name:<40} {orders:>7} {items:>7} {spend:>14}"


def _everyone(settings: Settings, month: str) -> Iterator[tuple[Customer, MonthFigures]]:
    cursor = 0
    while page := queries.customers_after(cursor, services.PAGE, month):
        figures = queries.figures_of(month, [item.id for item in page], settings.currency)
        yield from ((item, figures[item.id]) for item in page)
        cursor = page[-1].id
