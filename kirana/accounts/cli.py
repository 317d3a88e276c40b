"""`kirana user`: accounts made and changed by the operator. Admins are made here only."""

import sys

import click

from kirana.accounts import services
from kirana.accounts.email_addresses import normal_email
from kirana.accounts.models import ROLES
from kirana.accounts.services import PersonToCreate
from kirana.platform.access import SYSTEM
from kirana.platform.config import Settings


@click.group()
def user() -> None:
    """Make accounts and change their roles.

    \b
    Example:
      kirana user create --role admin --email asha@shop.example --name Asha
    """


@user.command()
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def create(settings: Settings, role: str, email: str, name: str, password_stdin: bool) -> None:
    """Make an active account; asks for the password.

    \b
    Examples:
      kirana user create --role admin --email asha@shop.example --name Asha
      kirana user create --role customer --email r@shop.example --name Ravi --password-stdin
    """
    password = _password(password_stdin)
    services.create_account(SYSTEM, PersonToCreate(email, name, password, role, settings.zone))
    click.echo(f"{normal_email(email)} can sign in as {role}.")


@user.command()
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
def role(email: str, role: str) -> None:
    """Give an account another role; its sessions end.

    \b
    Example:
      kirana user role asha@shop.example admin
    """
    services.change_role(SYSTEM, normal_email(email), role)
    click.echo(f"{normal_email(email)} is now {role}.")


@user.command()
@click.option("--email", required=True)
def reset_factors(email: str) -> None:
    """Remove the authenticator app, passkeys and recovery codes of who lost them all.

    The password alone lets them in again, their sessions end, and they are told by mail. Be sure
    who is asking.

    \b
    Example:
      kirana user reset-factors --email asha@shop.example
    """
    services.reset_factors(SYSTEM, normal_email(email))
    click.echo(f"{normal_email(email)} signs in with the password alone; all sessions ended.")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.ClickException("No terminal to ask for the password; use --password-stdin.")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed
