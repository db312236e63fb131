import logging
from dataclasses import dataclass, field
from functools import lru_cache

import psycopg2

from odoo import models, tools

from ...tools.mailjet.cannot_carry import CannotCarry, Refused
from ...tools.mailjet.send_session import SendSession
from ...tools.smtp.headers import HeaderError, check_headers
from ...tools.smtp.pipeline import Envelope, Fate
from ...tools.smtp.session import envelope_of
from ...tools.words import Words
from .mail_mail import entry_key
from .message_policy import message_policy
from .results import Entry, Failure

_logger = logging.getLogger(__name__)


@lru_cache(maxsize=100)
def _first_author(email_from):
    """Return the author of a mail as core chooses it; most mails of a run share it."""
    emails_from = tools.mail.email_split_and_format_normalize(email_from)
    return emails_from[0] if emails_from else email_from


@dataclass
class Prepared:
    """A mail ready to be handed over.

    :ivar envelopes: one for each SMTP transaction, by (mail id, entry, number)
    :ivar partner_ids: entry -> partner id, 0 for the bare addresses
    :ivar custom_ids: entry -> X-MJ-CustomID
    :ivar by_smtp: entry -> `Words` why it goes by SMTP and not by the Send API
    :ivar failed: an `Entry` for each transaction that cannot be sent
    """

    mail_id: int
    envelopes: list[Envelope] = field(default_factory=list)
    partner_ids: dict[str, int] = field(default_factory=dict)
    custom_ids: dict[str, str] = field(default_factory=dict)
    by_smtp: dict[str, Words] = field(default_factory=dict)
    failed: list[Entry] = field(default_factory=list)


class MailMail(models.Model):
    """Turn a mail into what travels, with core's hooks and in core's order."""

    _inherit = "mail.mail"

    def _mailjet_followers(self):
        """Return what core looks up once for mails with a link to unfollow."""
        with_link = self.filtered(
            lambda mail: mail.body_html and "/mail/unfollow" in mail.body_html
        )
        return self.env["mail.followers"]._get_mail_doc_to_followers(with_link.ids)

    def _mailjet_prepare(
        self, session, server, deadline, alias_domain_id, smtp_from, doc_to_followers
    ):
        """Return this mail as `Prepared`; what cannot be built fails with its reason.

        :param Session session: what core's hooks look at
        :param float deadline: see `Envelope`
        :param smtp_from: as core found it; without, the mail's own From
        """
        self.ensure_one()
        prepared = Prepared(self.id)
        email_from = _first_author(self.email_from)
        session.smtp_from = smtp_from or email_from
        session.outcome.unknown_sender = ""
        alias_domain = self.record_alias_domain_id
        if smtp_from is not None:
            alias_domain = alias_domain.browse(alias_domain_id or [])
        try:
            email_list = self._prepare_outgoing_list(
                mail_server=server, doc_to_followers=doc_to_followers
            )
        except (psycopg2.Error, MemoryError):
            raise
        except Exception as error:
            return self._mailjet_fail_to_prepare(prepared, "", [], error, session)
        if not email_list:
            reason = self.env["ir.mail_server"].NO_VALID_RECIPIENT
            failure = Failure("mail_email_missing", reason)
            prepared.failed.append(Entry.failed(0, [], failure))
        for email in email_list:
            self._mailjet_prepare_email(
                prepared, email, email_from, alias_domain, session, deadline
            )
        return prepared

    def _mailjet_prepare_email(
        self, prepared, email, email_from, alias_domain, session, deadline
    ):
        """Add one element of `_prepare_outgoing_list` to what is prepared."""
        partner, addresses = email["partner_id"], email["email_to_normalized"]
        key = entry_key(partner)
        prepared.partner_ids[key] = partner.id if key else 0
        # Another module may send a partner two emails
        number = len(prepared.envelopes)
        try:
            envelope = self._mailjet_envelope(
                email,
                (self.id, key, number),
                email_from,
                alias_domain,
                session,
                deadline,
            )
        except (psycopg2.Error, MemoryError):
            raise
        except Exception as error:
            self._mailjet_fail_to_prepare(prepared, key, addresses, error, session)
            return
        if session.outcome.by_smtp:
            prepared.by_smtp[key] = session.outcome.by_smtp
        prepared.failed += self._mailjet_left_out(
            partner, addresses, envelope.recipients, session.outcome
        )
        prepared.envelopes.append(envelope)
        headers = {name.lower(): text for name, text in email["headers"].items()}
        prepared.custom_ids[key] = headers["x-mj-customid"]

    def _mailjet_envelope(
        self, email, key, email_from, alias_domain, session, deadline
    ):
        """Return one element of `_prepare_outgoing_list`, ready to be handed over.

        :param key: of the envelope
        :return: an `Envelope`, or a `SendEntry` for the Send API
        """
        session.outcome.by_smtp = None
        options = (email, email_from, alias_domain, session)
        if isinstance(session, SendSession) and session.is_by_api():
            try:
                return self._mailjet_entry(*options, key, deadline)
            except CannotCarry as error:
                session.outcome.by_smtp = error.words
        message = self._mailjet_message(*options, session.mailjet_message_policy)
        envelope = envelope_of(*message, key, deadline)
        check_headers(envelope.content)
        return envelope

    def _mailjet_message(self, email, email_from, alias_domain, session, policy):
        """Return a message by core's hooks, its envelope sender and its recipients."""
        context = {"send_validated_to": email["email_to_normalized"]}
        if alias_domain:
            alias_domain = alias_domain.sudo()
            return_path = email["headers"].get("Return-Path")
            context["domain_notifications_email"] = alias_domain.default_from_email
            context["domain_bounce_address"] = return_path or alias_domain.bounce_email
        servers = self.env["ir.mail_server"].with_context(**context)
        with message_policy(policy):
            message = servers._build_email__(
                email_from=email_from,
                email_to=email["email_to"],
                subject=email["subject"],
                body=email["body"],
                body_alternative=email["body_alternative"],
                email_cc=email["email_cc"],
                reply_to=email["reply_to"],
                attachments=email["attachments"],
                message_id=email["message_id"],
                references=email["references"],
                object_id=email["object_id"],
                subtype="html",
                subtype_alternative="plain",
                headers=email["headers"],
            )
        sender, recipients, message = servers._prepare_email_message__(message, session)
        return message, sender, recipients

    def _mailjet_entry(self, email, email_from, alias_domain, session, key, deadline):
        """Return one element of `_prepare_outgoing_list` for the Send API.

        :raise CannotCarry: it has to go by SMTP
        """
        if self.mailjet_needs_smtp:
            raise Refused(Words(*self.mailjet_by_smtp))
        if session.refusal:
            raise Refused(session.refusal)
        message, _sender, recipients = self._mailjet_message(
            email, email_from, alias_domain, session, session.read_policy
        )
        return session.entry(message, recipients, key, deadline)

    def _mailjet_left_out(self, partner, emails, recipients, outcome):
        """Return an `Entry` for the addresses that cannot be reached, as a list.

        :param emails: the addresses of a partner, or the bare ones
        :param recipients: those in the envelope
        """
        servers = self.env["ir.mail_server"]
        errors = servers._mailjet_left_out(emails, recipients, outcome)
        if not errors:
            return []
        diagnose = outcome.server._mailjet_diagnoser()
        reasons = {email: diagnose(error) for email, error in errors.items()}
        fates = dict.fromkeys(errors, Fate.REFUSED)
        return [Entry(partner.id if partner else 0, fates, reasons)]

    def _mailjet_fail_to_prepare(self, prepared, key, addresses, error, session):
        """Note why a part of this mail cannot be sent, in core's terms."""
        partner_id = prepared.partner_ids.get(key, 0)
        partner = self.env["res.partner"].browse(partner_id or [])
        if session.outcome.unknown_sender and not session.outcome.has_answered:
            prepared.failed.append(Entry.unknown_sender(partner_id, addresses, error))
            return prepared
        if isinstance(error, HeaderError):
            failure = session.diagnose(error)
        else:
            failure = self._mailjet_failure_of(error, addresses)
            if failure.failure_type == "unknown":
                _logger.error(
                    "Mailjet: email %s cannot be prepared", self.id, exc_info=error
                )
        left_out = []
        if failure.failure_type == "mail_email_invalid":
            left_out = self._mailjet_left_out(partner, addresses, (), session.outcome)
        named = {email for entry in left_out for email in entry.fates}
        others = [email for email in addresses if email not in named]
        prepared.failed += left_out
        if others or not left_out:
            prepared.failed.append(Entry.failed(partner_id, others, failure))
        return prepared

    def _mailjet_failure_of(self, error, addresses):
        """Return the `Failure` that core makes of an error."""
        servers = self.env["ir.mail_server"]
        if not isinstance(error, AssertionError):
            return Failure("unknown", tools.exception_to_unicode(error))
        reason, *details = error.args or [""]
        if reason == servers.NO_VALID_RECIPIENT:
            kind = "mail_email_invalid" if any(addresses) else "mail_email_missing"
            return Failure(kind, reason)
        if reason == servers.NO_VALID_FROM:
            return Failure("mail_from_invalid", str(details[0]) if details else reason)
        if reason in (servers.NO_FOUND_FROM, servers.NO_FOUND_SMTP_FROM):
            return Failure("mail_from_missing", reason)
        return Failure("unknown", str(reason))
