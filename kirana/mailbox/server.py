"""Runs the mailbox until it is told to stop."""

import asyncio
import signal
import sys

from kirana.mailbox import smtp, web
from kirana.mailbox.routes import Routes
from kirana.mailbox.store import Store
from kirana.platform.config import Settings, SettingsError, keep_private, load_settings

HOST = "127.0.0.1"


def run(settings: Settings) -> None:
    """Take and show mail until SIGTERM or SIGINT. Raises SettingsError if a port is taken."""
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    store = Store(settings.home / "mailbox")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        servers = [
            await smtp.listen(store, HOST, settings.smtp_port),
            await web.listen(Routes(store), HOST, settings.mailbox_port),
        ]
    except OSError as error:
        raise SettingsError(
            f"The mailbox cannot listen ({error.strerror}); set KIRANA_SMTP_PORT (now "
            f"{settings.smtp_port}) or KIRANA_MAILBOX_PORT (now {settings.mailbox_port})."
        ) from None
    page = f"http://localhost:{settings.mailbox_port}"
    sys.stdout.write(f"Mailbox: {page}, SMTP on port {settings.smtp_port}\n")
    sys.stdout.flush()
    await stop.wait()
    for server in servers:
        server.close()


def main() -> int:
    keep_private()
    try:
        run(load_settings())
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0
