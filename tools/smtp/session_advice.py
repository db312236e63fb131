"""What people read about the connection, its encryption and the login."""

from ..words import _lt
from .advice_row import API_KEYS, HELP_KEYS, READ_REPLY, SERVER, TRY_LATER, Advice
from .cause import Cause

_ASK_NETWORK = _lt(
    "Ask your network administrator: something between this machine and the server may "
    "be intercepting the connection."
)
_ASK_SERVER = _lt(
    "Only the server's operator can fix this; first check that its name is spelled "
    "correctly."
)
_PORTS = _lt("Use STARTTLS with port 587 or 2525, or SSL/TLS with port 465.")
_COPY_KEYS = _lt(
    "Copy the API key and the secret key again from Account settings > API key "
    "management at Mailjet."
)

SESSION_ADVICE = {
    # The connection
    Cause.UNKNOWN_HOST: Advice(
        _lt("Unknown server name"),
        _lt("There is no server called %(host)s."),
        _lt("Check the name, and that this machine can look up names on the internet."),
        SERVER,
    ),
    Cause.NAME_TIMEOUT: Advice(
        _lt("Name lookup timed out"),
        _lt("Looking up the name %(host)s took too long."),
        _lt("Check the name servers (DNS) that this machine uses."),
    ),
    Cause.NO_ANSWER: Advice(
        _lt("The port does not answer"),
        _lt("%(host)s does not answer on port %(port)s."),
        _lt(
            "A firewall or your hosting provider probably blocks this port; try "
            "another one, such as 587, 465 or 2525."
        ),
        SERVER,
    ),
    Cause.CONNECTION_REFUSED: Advice(
        _lt("Connection refused"),
        _lt("%(host)s refuses connections on port %(port)s."),
        _lt("Check host and port; Mailjet listens on 587, 465 and 2525."),
        SERVER,
    ),
    Cause.NETWORK: Advice(
        _lt("Server unreachable"),
        _lt("%(host)s could not be reached on port %(port)s."),
        _lt("Check the network of this machine."),
    ),
    Cause.NO_GREETING: Advice(
        _lt("The server says nothing"),
        _lt("%(host)s accepts connections on port %(port)s but does not greet."),
        _lt(
            "If this port expects encryption from the first byte, as 465 does, choose "
            "SSL/TLS; otherwise a firewall may be swallowing the conversation."
        ),
        SERVER,
    ),
    Cause.TOO_SLOW: Advice(
        _lt("The server stopped answering"),
        _lt("%(host)s did not finish its answer in time."),
        TRY_LATER,
    ),
    Cause.DISCONNECTED: Advice(
        _lt("The server hung up"),
        _lt("%(host)s closed the connection in the middle of the conversation."),
        _lt("If the encryption matches port %(port)s, try again in a few minutes."),
    ),
    Cause.NOT_SMTP: Advice(
        _lt("Not a mail server"),
        _lt("What answers at %(host)s on port %(port)s does not speak SMTP."),
        _lt("Check host and port; a proxy or another kind of server may be listening."),
        SERVER,
    ),
    Cause.STOPPED: Advice(
        _lt("Stopped"),
        _lt("The test was stopped before it finished."),
        _lt("Start it again to see the result."),
    ),
    Cause.CLIENT_REFUSED: Advice(
        _lt("This machine is not welcome"),
        _lt("The server accepts no email from the network address of this machine."),
        _lt(
            "Read the server's own words below; your hosting provider can find out "
            "whether the address is on a block list."
        ),
    ),
    Cause.TOO_MANY_CONNECTIONS: Advice(
        _lt("Too many connections"),
        _lt("The server wants fewer connections at a time."),
        _lt("Reduce the number of sessions if this happens often."),
        SERVER,
    ),
    Cause.SESSION_ENDED: Advice(
        _lt("Connection used up"),
        _lt("The server accepts no more email on this connection."),
        _lt("Nothing needs to be done; Odoo opens a new connection."),
    ),
    Cause.SESSION_REFUSED: Advice(
        _lt("Connection refused by the server"),
        _lt("The server refused the conversation before any email was sent."),
        READ_REPLY,
        SERVER,
    ),
    # Encryption
    Cause.CERTIFICATE: Advice(
        _lt("The certificate cannot be verified"),
        _lt("The certificate of %(host)s could not be verified, so nothing was sent."),
        _ASK_NETWORK,
    ),
    Cause.CERTIFICATE_EXPIRED: Advice(
        _lt("The certificate has expired"),
        _lt("The certificate of %(host)s has expired, so nothing was sent."),
        _lt(
            "Check the clock of this machine; if it is right, the server's operator "
            "must renew the certificate."
        ),
    ),
    Cause.CERTIFICATE_NOT_YET_VALID: Advice(
        _lt("The certificate is not valid yet"),
        _lt(
            "The certificate of %(host)s only becomes valid in the future, so nothing "
            "was sent."
        ),
        _lt("Check the clock of this machine, which may be slow."),
    ),
    Cause.CERTIFICATE_HOST: Advice(
        _lt("The certificate is for another name"),
        _lt("The certificate shown is not for %(host)s, so nothing was sent."),
        _lt(
            "Use the server name that the certificate was issued for; if the name is "
            "right, something in the network may be intercepting the connection."
        ),
        SERVER,
    ),
    Cause.CERTIFICATE_SELF_SIGNED: Advice(
        _lt("The certificate is self-signed"),
        _lt(
            "%(host)s issued its own certificate, so nobody vouches for it and nothing "
            "was sent."
        ),
        _ASK_NETWORK,
    ),
    Cause.CERTIFICATE_AUTHORITY: Advice(
        _lt("The certificate comes from an unknown authority"),
        _lt(
            "This machine does not trust the authority that signed the certificate of "
            "%(host)s, so nothing was sent."
        ),
        _ASK_NETWORK,
    ),
    Cause.WRONG_SECURITY: Advice(
        _lt("Encryption and port do not match"),
        _lt("%(host)s does not use the chosen encryption on port %(port)s."),
        _PORTS,
        SERVER,
    ),
    Cause.NO_STARTTLS: Advice(
        _lt("No encryption offered"),
        _lt(
            "%(host)s does not offer encryption (STARTTLS) on port %(port)s, so "
            "nothing was sent."
        ),
        _lt("A firewall may have removed the offer; try SSL/TLS with port 465."),
        SERVER,
    ),
    Cause.STARTTLS_REFUSED: Advice(
        _lt("Encryption refused"),
        _lt("%(host)s offers encryption (STARTTLS) but refused to start it."),
        _lt("Use SSL/TLS with port 465."),
        SERVER,
    ),
    Cause.OLD_TLS: Advice(
        _lt("Encryption too old"),
        _lt("%(host)s and this machine have no safe version of TLS in common."),
        _ASK_SERVER,
    ),
    Cause.TLS_FAILED: Advice(
        _lt("Encryption failed"),
        _lt("%(host)s and this machine could not agree on how to encrypt."),
        _ASK_NETWORK,
    ),
    Cause.TLS_REQUIRED: Advice(
        _lt("Encryption required"),
        _lt("The server requires an encrypted connection."),
        _PORTS,
        SERVER,
    ),
    Cause.TLS_UNAVAILABLE: Advice(
        _lt("Encryption temporarily unavailable"),
        _lt("The server cannot encrypt the connection at the moment."),
        TRY_LATER,
    ),
    # Login
    Cause.LOGIN: Advice(
        _lt("API key and secret key refused"),
        _lt(
            "Mailjet refused the pair: one of the two is wrong, they belong to "
            "different (sub-)accounts, or the key was regenerated or deactivated."
        ),
        _lt(
            "Copy both again from Account settings > API key management; the password "
            "of your Mailjet login does not work here."
        ),
        API_KEYS,
    ),
    Cause.LOGIN_EMAIL: Advice(
        _lt("An email address is not an API key"),
        _lt(
            "The user name is an email address, but Mailjet's mail relay accepts only "
            "API keys, not the login of its website."
        ),
        _COPY_KEYS,
        API_KEYS,
    ),
    Cause.LOGIN_RESET: Advice(
        _lt("The secret key was regenerated"),
        _lt(
            "The mail relay still accepts the pair, but Mailjet's API refuses it: a "
            "replaced secret key keeps working for sending for an hour or so."
        ),
        _COPY_KEYS,
        HELP_KEYS,
    ),
    Cause.LOGIN_SMTP_ONLY: Advice(
        _lt("The API accepts the pair, the mail relay refuses it"),
        _lt(
            "API key and secret key are right, but the mail relay at %(host)s does not "
            "accept them."
        ),
        _lt(
            "Check that the host is in-v3.mailjet.com, and try again in a few minutes."
        ),
        SERVER,
    ),
    Cause.LOGIN_DEACTIVATED: Advice(
        _lt("The API key is deactivated"),
        _lt("According to Mailjet, this API key is switched off."),
        _lt("Activate it at Mailjet, or use another key."),
        API_KEYS,
    ),
    Cause.LOGIN_CHARACTERS: Advice(
        _lt("Invalid character in the login"),
        _lt(
            "The user name or the password has a character that cannot be sent, such "
            "as an accented letter, a typographic quote or an invisible space."
        ),
        _lt("Copy both again, with nothing before or after them."),
        SERVER,
    ),
    Cause.LOGIN_MISSING: Advice(
        _lt("Login required"),
        _lt("The server requires a user name and a password."),
        _lt("Enter them; for Mailjet, these are the API key and the secret key."),
        SERVER,
    ),
    Cause.LOGIN_TEMPORARY: Advice(
        _lt("Login temporarily unavailable"),
        _lt("The server cannot check user names and passwords at the moment."),
        TRY_LATER,
    ),
    Cause.NO_AUTH: Advice(
        _lt("No login offered"),
        _lt("%(host)s does not offer a login on port %(port)s."),
        _lt(
            "Turn encryption on, since many servers offer a login only then, or leave "
            "the user name empty."
        ),
        SERVER,
    ),
    Cause.MECHANISM: Advice(
        _lt("Login method not supported"),
        _lt("The server does not accept the chosen login method."),
        _lt("Let the login method be chosen automatically."),
        SERVER,
    ),
}
