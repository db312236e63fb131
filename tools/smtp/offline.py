"""A connection to nowhere, for building messages without sending them."""

import smtplib


def offline_connection() -> smtplib.SMTP:
    """Return what looks like a connection to Mailjet that is logged in.

    Mailjet's servers support SMTPUTF8. Anything sent through it fails.
    """
    connection = smtplib.SMTP(timeout=1)
    connection.does_esmtp = True
    connection.esmtp_features = {"smtputf8": "", "8bitmime": ""}
    return connection
