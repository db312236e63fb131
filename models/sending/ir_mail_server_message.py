import re
import smtplib

from odoo import models
from odoo.tools import email_split

from ...tools.address import address_key
from ...tools.smtp.address import AddressError, envelope_address, needs_smtputf8
from ...tools.smtp.headers import check_value
from ...tools.smtp.references import shorten_references
from ...tools.smtp.session import Session

# A domain that is not in ASCII, in a text with addresses
_INTERNATIONAL = re.compile(r"@[^\s<>@,;]*[^\x00-\x7f\s<>@,;]")
# The headers with addresses, those that core takes out again included
ADDRESS_HEADERS = {
    *("cc", "from", "reply-to", "return-path", "sender", "to"),
    *("x-forge-to", "x-msg-to-add"),
}


class IrMail_Server(models.Model):
    """A message through Mailjet: domains in ASCII, headers that fit the standard."""

    _inherit = "ir.mail_server"

    def _build_email__(  # noqa: PLW3201
        self,
        email_from,
        email_to,
        subject,
        body,
        email_cc=None,
        email_bcc=None,
        reply_to=False,
        attachments=None,
        message_id=None,
        references=None,
        object_id=False,
        subtype="plain",
        headers=None,
        body_alternative=None,
        subtype_alternative="plain",
    ):
        """Write what goes through Mailjet in a form that any mail server can read.

        Python writes an international domain as an encoded word, which is no domain.

        :raise LineEndingError: for a line break within a header
        """
        outcome = self.env.context.get("mailjet_outcome")
        if outcome and outcome.server:
            # As core does, which would not write its domain in ASCII
            email_from = (
                email_from
                or self.env.context.get("domain_notifications_email")
                or self._get_default_from_address()
            )
            email_from, reply_to = map(ascii_domains, (email_from, reply_to))
            if _INTERNATIONAL.search(email_from or ""):
                raise AssertionError(
                    self.NO_VALID_FROM,
                    self.env._(
                        "The domain of the sender %(email)s does not exist as written.",
                        email=email_from,
                    ),
                )
            email_to, email_cc, email_bcc = (
                emails and [ascii_domains(email) for email in emails]
                for emails in (email_to, email_cc, email_bcc)
            )
            references = references and shorten_references(references)
            headers = {
                name: _fitting_header(name, value)
                for name, value in (headers or {}).items()
            }
            check_value("Subject", subject or "")
        return super()._build_email__(
            email_from,
            email_to,
            subject,
            body,
            email_cc=email_cc,
            email_bcc=email_bcc,
            reply_to=reply_to,
            attachments=attachments,
            message_id=message_id,
            references=references,
            object_id=object_id,
            subtype=subtype,
            headers=headers,
            body_alternative=body_alternative,
            subtype_alternative=subtype_alternative,
        )

    def _prepare_email_message__(self, message, smtp_session):  # noqa: PLW3201
        """Keep the domain of From in ASCII where core puts another address there."""
        if not is_mailjet_session(smtp_session):
            return super()._prepare_email_message__(message, smtp_session)
        servers = self
        email_from = getattr(smtp_session, "smtp_from", False)
        if email_from and not email_from.isascii():
            smtp_session.smtp_from = ascii_domains(email_from)
        notifications_email = (
            self.env.context.get("domain_notifications_email")
            or self._get_default_from_address()
        )
        if notifications_email and not notifications_email.isascii():
            servers = self.with_context(
                domain_notifications_email=ascii_domains(notifications_email)
            )
        return super(IrMail_Server, servers)._prepare_email_message__(
            message, smtp_session
        )

    def _prepare_smtp_to_list(self, message, smtp_session):
        """Find the validated addresses in the form in which they are on the message.

        Core compares `bücher.example` with `xn--bcher-kva.example` here.
        """
        if not is_mailjet_session(smtp_session):
            return super()._prepare_smtp_to_list(message, smtp_session)
        validated = self.env.context.get("send_validated_to") or []
        written = [_written(email) for email in validated]
        servers = self
        if written != validated:
            # Each further environment slows the run down
            servers = self.with_context(send_validated_to=[*validated, *written])
        recipients = super(IrMail_Server, servers)._prepare_smtp_to_list(
            message, smtp_session
        )
        # Each mailbox once, though it be in To and in Cc
        mailboxes = {address_key(email): email for email in reversed(recipients)}
        return [
            email
            for email in reversed(mailboxes.values())
            if not address_error(email, smtp_session.outcome.takes_utf8)
        ]

    def _mailjet_left_out(self, emails, recipients, outcome):
        """Return why addresses of a mail are not among its envelope recipients.

        Those that core skips on purpose are left out here, too.

        :param emails: as validated, from `_prepare_outgoing_list`
        :param recipients: of the envelope
        :param Outcome outcome: of the session
        :return: address -> error
        """
        skipped = self.env.context.get("send_smtp_skip_to") or []
        reached = {address_key(email) for email in recipients}
        errors = {
            email: address_error(email, outcome.takes_utf8)
            for email in emails
            if address_key(email) not in reached and email not in skipped
        }
        return {email: error for email, error in errors.items() if error}


def is_mailjet_session(smtp_session):
    """Whether mail through this session goes to Mailjet."""
    return isinstance(smtp_session, Session)


def ascii_domains(text):
    """Return a text with addresses, the domain of each in ASCII where that exists."""
    if not text or text.isascii() or not _INTERNATIONAL.search(text):
        return text
    for email in email_split(text):
        text = text.replace(email, _written(email))
    return text


def _written(email):
    try:
        return envelope_address(email)
    except AddressError:
        return email


def _fitting_header(name, value):
    """Return the value of a header in a form that any mail server can read."""
    if not isinstance(value, str):
        return value
    if name.lower() in ADDRESS_HEADERS:
        value = ascii_domains(value)
    elif name.lower() == "references":
        value = shorten_references(value)
    check_value(name, value)
    return value


def address_error(email, takes_utf8):
    """Return why an address cannot be in an envelope, or None."""
    try:
        written = envelope_address(email)
    except AddressError as error:
        return error
    if needs_smtputf8(written) and not takes_utf8:
        return smtplib.SMTPNotSupportedError("SMTPUTF8 is not announced")
    return None
