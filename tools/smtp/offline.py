"""A connection that is none: to build messages without sending them."""

import smtplib


def offline_connection() -> smtplib.SMTP:
    """Return what looks like a connection to Mailjet that is logged in.

    Mailjet's servers take SMTPUTF8. Whatever is sent through it fails.
    """
    connection = smtplib.SMTP(timeout=1)
    connection.does_esmtp = True
    connection.esmtp_features = {"smtputf8": "", "8bitmime": ""}
    return connection
