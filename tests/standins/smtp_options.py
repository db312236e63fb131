"""The stand-in relay's settings, which may change while it runs."""

from dataclasses import dataclass

from .smtp_faults import HANG_UP, check_reply

# Stop listening while there are too many sessions
REFUSE = "refuse"
# Mailjet's limits and words are not known; these are Postfix's
TOO_MANY_SESSIONS = "421 4.7.0 in.mailjet.com Error: too many connections"
TOO_MANY_MESSAGES = (
    "421 4.7.0 in.mailjet.com Error: too many messages on this connection"
)


@dataclass
class SmtpOptions:
    """The line to the relay, its extensions and its limits.

    `delay` is a round trip in seconds: the replies to everything that arrived in one
    segment leave together, that much later. `command_delay` is how many seconds the
    server spends on each command, one after the other; pipelining does not shorten it.
    `max_sessions` at once are served: one more is greeted with `too_many_sessions`,
    dropped without a word if that is `HANG_UP`, or cannot connect if it is `REFUSE`.
    After `max_messages` on a connection,
    MAIL is answered with `too_many_messages`. None means no limit. Without `starttls`
    or `chunking` that extension is neither announced nor served.
    """

    delay: float = 0.0
    command_delay: float = 0.0
    max_sessions: int | None = None
    max_messages: int | None = None
    too_many_sessions: str = TOO_MANY_SESSIONS
    too_many_messages: str = TOO_MANY_MESSAGES
    starttls: bool = True
    chunking: bool = True

    def change(self, **values: object) -> None:
        """Set several at once; raises `TypeError` for an unknown name."""
        unknown = values.keys() - self.__dataclass_fields__.keys()
        if unknown:
            raise TypeError(f"{sorted(unknown)} are no options of the relay")
        if values.get("too_many_sessions", HANG_UP) not in (HANG_UP, REFUSE):
            check_reply(str(values["too_many_sessions"]))
        for name, value in values.items():
            setattr(self, name, value)
