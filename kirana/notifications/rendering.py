"""From facts to a mail's two forms. HTML is escaped, text is not; nothing here needs Flask."""

from functools import partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from kirana.mailing.mail import Attachment, Message
from kirana.platform.config import Settings
from kirana.platform.money import format_money


class Letters:
    """Renders the mails of one shop; every link begins with its public address."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._templates = Environment(
            loader=PackageLoader("kirana.notifications"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(shop=settings.shop_name, public_url=settings.public_url)

    def url(self, path: str) -> str:
        return self.settings.public_url + path

    def write(
        self,
        template: str,
        to: str,
        subject: str,
        facts: dict[str, Any],
        attachments: tuple[Attachment, ...] = (),
    ) -> Message:
        """The mail made from ``<template>.html`` and ``<template>.txt``."""
        render = partial(self._render, facts=facts | {"subject": subject})
        html, text = render(f"{template}.html"), render(f"{template}.txt")
        return Message(to, subject, html, text, attachments)

    def _render(self, name: str, facts: dict[str, Any]) -> str:
        return self._templates.get_template(name).render(facts)


def money_in(currency: str) -> Any:
    """``format_money`` for one currency."""
    return partial(format_money, currency=currency)
