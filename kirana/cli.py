"""The `kirana` command. Parses, calls one verb or query, prints."""

import dataclasses
import gc
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from kirana import __version__, check, mailbox, supervisor
from kirana.accounts.cli import user
from kirana.accounts.queries import has_accounts, has_demo_logins
from kirana.app import create_app
from kirana.check.rule import Rule
from kirana.demo import seeding
from kirana.edge import openapi
from kirana.exports.cli import export
from kirana.oversight.cli import audit
from kirana.oversight.services import Broken
from kirana.platform import migrations
from kirana.platform.config import PREFIX, Settings, SettingsError, keep_private, load_settings
from kirana.platform.errors import ShopError
from kirana.privacy.cli import erase
from kirana.reports.cli import report
from kirana.search.cli import search
from kirana.stock.cli import stock
from kirana.wiring import migrate, prepare, require_database, wire

SECRET_SETTINGS = (
    "secret", "secret_previous", "audit_secret", "smtp_url", "database_url", "redis_url",
)  # fmt: skip
# The others look at what is there, and make no folder, secret or database by asking.
MAKERS = ("up", "init", "upgrade", "demo", "mailbox")
READERS = ("check", "report", "export", "user", "audit", "erase", "stock", "search")
_ASKS_FOR_HELP = "kirana.asks_for_help"
_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class ShopCommands(click.Group):
    """Facts and bad settings become one clear line and exit status 1, never a trace."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Help needs no settings, and makes nothing."""
        context.meta[_ASKS_FOR_HELP] = not {"-h", "--help"}.isdisjoint(args)
        return super().parse_args(context, args)

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except (ShopError, SettingsError, seeding.DemoRefused) as error:
            raise click.ClickException(_sentence(error)) from None


def _sentence(error: Exception) -> str:
    found = error.details.get("errors", ()) if isinstance(error, ShopError) else ()
    return "\n".join([str(error), *(f"{item['pointer']}: {item['detail']}" for item in found)])


@click.group(cls=ShopCommands, context_settings=_CONTEXT)
@click.version_option(__version__)
@click.pass_context
def main(context: click.Context) -> None:
    """Kirana, a self-hosted online store for neighbourhood shops.

    \b
    Examples:
      kirana up                                    start the whole shop
      kirana user create --role admin --email a@shop.example --name Asha
      kirana report monthly --month 2026-10 --dry-run
      kirana check                                 prove that the books are right

    Settings are read from KIRANA_* variables; `kirana config show` lists them.
    """
    command = context.invoked_subcommand
    if command == "config" or context.meta[_ASKS_FOR_HELP]:
        return
    keep_private()
    context.obj = load_settings(make_secret=command in MAKERS)
    wire(context.obj)
    if command in READERS:
        require_database(context.obj)


main.add_command(user)
main.add_command(report)
main.add_command(export)
main.add_command(audit)
main.add_command(erase)
main.add_command(stock)
main.add_command(search)


@main.command()
@click.option("--demo/--no-demo", default=True, help="Demo data into an empty shop (development).")
@click.pass_obj
def up(settings: Settings, demo: bool) -> None:
    """Start web, worker, beat, Valkey and mailbox under one supervisor.

    \b
    Examples:
      kirana up
      KIRANA_PORT=8080 kirana up --no-demo
    """

    def make_ready(chosen: Settings) -> None:
        prepare(chosen)
        if demo and chosen.env == "development" and not has_accounts():
            click.echo("First start: stocking the demo shop …")
            seeding.seed(settings=chosen)

    def banner() -> list[str]:
        return seeding.logins() if has_demo_logins() else []

    sys.exit(supervisor.run(settings, make_ready, banner))


@main.command()
@click.pass_obj
def init(settings: Settings) -> None:
    """Make KIRANA_HOME, the secret (in development) and an empty, migrated database.

    \b
    Examples:
      kirana init
      KIRANA_HOME=/srv/kirana kirana init
    """
    migrate(settings)
    click.echo(f"{settings.home.resolve()} is ready at schema {migrations.head()}.")


@main.command()
@click.pass_obj
def upgrade(settings: Settings) -> None:
    """Bring the database to this version's schema. Safe to repeat.

    \b
    Example:
      kirana upgrade
    """
    migrate(settings)
    click.echo(f"The database is at schema {migrations.head()}.")


@main.command()
@click.option("--seed", default=1, show_default=True, help="The same number gives the same shop.")
@click.pass_obj
def demo(settings: Settings, seed: int) -> None:
    """Fill an empty development shop with stores, products, customers and orders.

    \b
    Example:
      kirana demo --seed 7
    """
    migrate(settings)
    seeding.seed(seed, click.echo, settings)
    for line in seeding.logins():
        click.echo(line)


@main.command("check")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable findings.")
@click.pass_context
def check_command(context: click.Context, as_json: bool) -> None:
    """Prove what must always hold; exit status 1 and the rows where it does not.

    \b
    Examples:
      kirana check
      kirana check --json | jq .findings
    """

    seen: list[Rule] = []

    def progress(rule: Rule) -> None:
        seen.append(rule)
        if not as_json:
            click.echo(f"{rule.statement:>3}  {rule.name}")

    findings = check.run(progress)
    if as_json:
        found = [msgspec.structs.asdict(finding) for finding in findings]
        click.echo(json.dumps({"rules": len(seen), "findings": found}, default=str))
    else:
        _show(findings, len(seen))
    context.exit(1 if findings else 0)


def _show(findings: list[Broken], rules: int) -> None:
    for finding in findings:
        click.secho(f"\nStatement {finding.statement} does not hold: {finding.rule}", fg="red")
        for row in finding.rows:
            click.echo("   " + ", ".join(f"{name}={value}" for name, value in row.items()))
    if not findings:
        click.echo(f"All {rules} rules hold.")


@main.command("mailbox")
@click.pass_obj
def mailbox_command(settings: Settings) -> None:
    """Run the development mailbox: SMTP on 1025, page and JSON on 8025.

    \b
    Examples:
      kirana mailbox
      KIRANA_MAILBOX_PORT=9025 kirana mailbox
    """
    mailbox.run(settings)


@main.group()
def config() -> None:
    """Look at the settings.

    \b
    Example:
      kirana config show
    """


@config.command("show")
@click.option("--secrets", is_flag=True, help="Print secrets as they are.")
def config_show(secrets: bool) -> None:
    """Print every setting as the shop reads it, quoted for a shell; secrets are hidden.

    \b
    Examples:
      kirana config show
      kirana config show | grep KIRANA_PORT
    """
    settings = load_settings(make_secret=False)
    for item in dataclasses.fields(settings):
        value = getattr(settings, item.name)
        hidden = item.name in SECRET_SETTINGS and value and not secrets
        shown = "********" if hidden else shlex.quote(str(value))
        click.echo(f"{PREFIX}{item.name.upper()}={shown}")


@config.command("docs")
def config_docs() -> None:
    """Print the table of docs/configuration.md.

    \b
    Example:
      kirana config docs
    """
    click.echo("| variable | default | what it decides |\n|---|---|---|")
    for item in dataclasses.fields(Settings):
        default = "" if item.default == "" else f"`{item.default}`"
        click.echo(f"| `{PREFIX}{item.name.upper()}` | {default} | {item.metadata['doc']} |")


@main.command()
@click.pass_obj
def routes(settings: Settings) -> None:
    """List every route: method, path, policy.

    \b
    Examples:
      kirana routes
      kirana routes | grep admin
    """
    app = create_app(settings)
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        access = getattr(app.view_functions[rule.endpoint], "__access__", "UNDECLARED")
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        click.echo(f"{methods:8} {rule.rule:60} {access}")


@main.command("openapi")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
@click.pass_obj
def openapi_command(settings: Settings, out: Path | None) -> None:
    """Print the OpenAPI 3.1 document of the API.

    \b
    Examples:
      kirana openapi
      kirana openapi --out openapi.json
    """
    document = json.dumps(openapi.build(create_app(settings)), indent=2)
    if out:
        out.write_text(document + "\n")
    else:
        click.echo(document)


def run() -> None:
    """The command as a program of its own."""
    gc.freeze()  # else all that was loaded is looked through when it ends, for half a second
    main()


if __name__ == "__main__":
    run()
