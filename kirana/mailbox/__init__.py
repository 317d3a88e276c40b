"""A mailbox for development: takes every mail by SMTP, shows it on a page and as MailHog's JSON.

Needs nothing of the shop but its settings, so that it stays small.
"""

from kirana.mailbox.server import run

__all__ = ["run"]
