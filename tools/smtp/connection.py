"""Open further connections like one that is open already."""

import contextlib
import smtplib
import ssl
from dataclasses import dataclass, field

from .pipeline import REPLY_SECONDS


@dataclass(frozen=True)
class Connector:
    """What it takes to connect: plain values, so that any thread can.

    :ivar context: TLS settings; None without encryption
    :ivar is_tls: encrypted from the start, in place of STARTTLS
    :ivar user: to log in with; empty: no login
    """

    host: str
    port: int
    context: ssl.SSLContext | None
    is_tls: bool
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def like(cls, connection: smtplib.SMTP, host, port, user, password):
        """Return what it takes to connect once more with the same TLS settings."""
        context = getattr(connection.sock, "context", None)
        is_tls = isinstance(connection, smtplib.SMTP_SSL)
        return cls(host, port, context, is_tls, user or "", password or "")

    def open(self) -> smtplib.SMTP:
        """Connect, encrypt and log in.

        :raise OSError: which includes what smtplib and ssl raise
        """
        if self.is_tls:
            connection = smtplib.SMTP_SSL(
                self.host, self.port, timeout=REPLY_SECONDS, context=self.context
            )
        else:
            connection = smtplib.SMTP(self.host, self.port, timeout=REPLY_SECONDS)
        try:
            if self.context and not self.is_tls:
                connection.starttls(context=self.context)
            if self.user:
                connection.login(self.user, self.password)
            connection.ehlo_or_helo_if_needed()
        except BaseException:
            connection.close()
            raise
        return connection


def quit_politely(connection: smtplib.SMTP) -> None:
    """Say goodbye and close; a line that is broken already is no concern."""
    with contextlib.suppress(OSError):
        if connection.sock is not None:
            connection.quit()
    connection.close()
