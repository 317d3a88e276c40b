"""`kirana erase`: accounts that were erased stay so after a restore."""

import click

from kirana.platform.access import SYSTEM
from kirana.platform.config import Settings
from kirana.privacy.services import erasing


@click.group()
def erase() -> None:
    """Look after what was erased.

    \b
    Example:
      kirana erase apply
    """


@erase.command()
@click.pass_obj
def apply(settings: Settings) -> None:
    """Erase again whom the list in KIRANA_HOME names, after an older database was restored.

    The shop does it by itself within the hour. Safe to repeat.

    \b
    Example:
      kirana erase apply
    """
    found = erasing.list_escaped(settings.home)
    for uid in found:
        erasing.erase(SYSTEM, uid, settings)
    erasing.write_list(settings.home)
    click.echo(f"{len(found)} accounts were erased again.")
