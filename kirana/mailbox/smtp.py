"""Takes every mail for every address, with any name and password."""

import asyncio
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from kirana.mailbox.store import Store

MOST_MESSAGE_BYTES = 32 << 20


@dataclass
class Receiver:
    """aiosmtpd's hooks."""

    store: Store

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        """Answer 250 only when the message is kept."""
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        recipients = [str(recipient) for recipient in envelope.rcpt_tos]
        try:
            self.store.add(envelope.mail_from or "", recipients, session.host_name or "", raw)
        except OSError:
            return "452 The mailbox cannot write"
        return "250 Kept"


def _admit(*_: object) -> AuthResult:
    return AuthResult(success=True)


async def listen(store: Store, host: str, port: int) -> asyncio.Server:
    """Start taking mail."""

    def session() -> SMTP:
        return SMTP(
            Receiver(store),
            data_size_limit=MOST_MESSAGE_BYTES,
            enable_SMTPUTF8=True,
            hostname="localhost",  # else each session asks the network for a name
            ident="Kirana mailbox",
            auth_require_tls=False,
            authenticator=_admit,
            loop=asyncio.get_running_loop(),
        )

    return await asyncio.get_running_loop().create_server(session, host, port)
