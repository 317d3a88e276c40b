"""`kirana audit`: proves that the log of who did what is as it was written."""

import json
from dataclasses import asdict

import click

from kirana.platform import audit_seal
from kirana.platform.audit_seal import Verdict
from kirana.platform.config import Settings


@click.group()
def audit() -> None:
    """Look after the audit log.

    \b
    Example:
      kirana audit verify
    """


@audit.command()
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
@click.pass_obj
@click.pass_context
def verify(context: click.Context, settings: Settings, as_json: bool) -> None:
    """Compare each sealed row with its seal; names the first altered, deleted or inserted one.

    Exits with 1 on a fault. Rows of the last minute are not sealed yet; they are counted.

    \b
    Examples:
      kirana audit verify
      kirana audit verify --json | jq .newest_hash
    """
    verdict = audit_seal.verify(audit_seal.seal_key(settings))
    if as_json:
        click.echo(json.dumps(asdict(verdict), default=str))
    else:
        _show(verdict)
    context.exit(1 if verdict.fault else 0)


def _show(verdict: Verdict) -> None:
    click.echo(f"{verdict.rows} rows under {verdict.seals} seals are as they were sealed.")
    if verdict.fault is not None:
        row = f"row {verdict.fault.row}: " if verdict.fault.row else ""
        click.secho(f"Seal {verdict.fault.seal}: {row}{verdict.fault.what}.", fg="red")
        return
    if verdict.unsealed:
        click.echo(f"{verdict.unsealed} rows since {verdict.unsealed_since} are not sealed yet.")
    click.echo(f"Newest seal: {verdict.newest_hash or 'none'}")
