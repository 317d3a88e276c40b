"""`kirana search`: the index of this host, from the command line."""

import datetime

import click

from kirana.catalog.queries import catalog_version
from kirana.platform.config import Settings
from kirana.search.folder import Folder
from kirana.search.writing import Writer


@click.group()
def search() -> None:
    """The search index of this host.

    \b
    Example:
      kirana search status
    """


@search.command()
@click.pass_obj
def status(settings: Settings) -> None:
    """Say how large and how old the index is, and whether it is up to date.

    \b
    Example:
      kirana search status
    """
    folder = Folder(settings.home / "search")
    state, version = folder.state(), catalog_version()
    if state is None or folder.is_broken:
        click.echo(
            "There is no index to read; searches ask the database. The web server builds it."
        )
        return
    built = datetime.datetime.fromtimestamp(state.built_at, settings.tz)
    behind = max(0, version - state.version)
    click.echo(f"{state.documents} products, built {built:%Y-%m-%d %H:%M}")
    click.echo("It is up to date." if not behind else f"It is {behind} changes behind.")


@search.command()
@click.pass_obj
def rebuild(settings: Settings) -> None:
    """Build the index anew from the database; searches go on with the old one meanwhile.

    While the shop runs, its web server is asked to do it.

    \b
    Examples:
      kirana search rebuild
      KIRANA_HOME=/srv/kirana kirana search rebuild
    """
    folder = Folder(settings.home / "search")
    if not folder.lock():
        folder.call_broken()
        click.echo("The running shop builds the index anew.")
        return
    state = Writer(folder, settings.database).rebuild()
    click.echo(f"{state.documents} products are in the index.")
