import logging
import re
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

import lxml.html
import psycopg2

from odoo import SUPERUSER_ID, models

from ...tools.message.sample import Sample
from ...tools.smtp.cause import Stage
from ...tools.smtp.offline import offline_connection
from ...tools.smtp.session import Outcome, Session
from .mail_compose_message import MailsMade
from .undone import cause_of, kept_open

_logger = logging.getLogger(__name__)

_SHORT_LINK = re.compile(r"https?://[^\s\"'<>]+/r/(\w+)(?:/m/\d+)?")
_INLINE_FIELD = re.compile(r"\{\{.*?\}\}", re.DOTALL)


@dataclass(frozen=True)
class Built:
    """What would leave for one recipient.

    :ivar res_id: of the recipient's record
    :ivar name: of the recipient, for people
    :ivar sample: the message, or None
    :ivar reason: why there is none
    :ivar is_refused: whether it was made, but would not be sent
    """

    res_id: int
    name: str
    sample: Sample | None = None
    reason: str = ""
    is_refused: bool = False


class MailingMailing(models.Model):
    """Build the messages of a mailing as they would leave, and roll back.

    Core's own sending makes the mails, and the queue's own code turns them into
    messages, as superuser as in the scheduled action.
    """

    _inherit = "mailing.mailing"

    def _mailjet_build(self, server, res_ids, reader=None):
        """Return a `Built` for each of these records that would get the mailing.

        It asks nobody on the network, and leaves no records behind.

        :param int reader: id of the user who will read the messages, and whose rights
            fill in the fields then; by default they are filled in as for sending
        """
        self.ensure_one()
        with self._mailjet_undone(reader) as mailing:
            names = {
                record.id: record.display_name
                for record in mailing.env[mailing.mailing_model_real].browse(res_ids)
            }
            built, cause = mailing._mailjet_try(server, res_ids, names)
            if not cause:
                return built
            _logger.info("Mailjet: samples of %s fail: %s", self, cause)
            # One record's field may be to blame
            built = []
            for res_id in res_ids:
                single, cause = mailing._mailjet_try(server, [res_id], names)
                if cause:
                    single = [Built(res_id, names[res_id], reason=cause)]
                built += single
            return built

    @contextmanager
    def _mailjet_undone(self, reader):
        """Give this mailing as the scheduled action has it, and roll back later."""
        with kept_open(self.env), closing(self.env.cr.savepoint()):
            context = {
                key: value
                for key, value in self.env.context.items()
                if key in ("lang", "tz")
            }
            context |= {"mailjet_check": True, "mailjet_check_reader": reader}
            yield self.with_env(self.env(user=SUPERUSER_ID, context=context))

    def _mailjet_try(self, server, res_ids, names):
        """Return a `Built` for each record that gets a mail, and why that fails.

        If it fails for one of them, there are none.
        """
        try:
            with self.env.cr.savepoint():
                mails = self._mailjet_made(res_ids)
                return self._mailjet_built(mails, server, names), ""
        except (psycopg2.OperationalError, psycopg2.InterfaceError, MemoryError):
            raise
        except Exception as error:  # whatever a template raises
            return [], cause_of(error)

    def _mailjet_made(self, res_ids):
        """Return the mails that core makes for records."""
        mailing = self.with_context(mailjet_check_res_ids=res_ids)
        try:
            mailing._action_send_mail(res_ids)
        except MailsMade as made:
            return made.mails
        return self.env["mail.mail"]

    def _get_opt_out_list(self):
        """Look up the samples only: core reads all subscriptions of a list."""
        res_ids = self.env.context.get("mailjet_check_res_ids")
        if res_ids is None or not self._mailjet_is_to_lists():
            return super()._get_opt_out_list()
        contacts = self.env[self.mailing_model_real].browse(res_ids)
        emails = {email for email in contacts.mapped("email_normalized") if email}
        return self._mailjet_opted_out_of_lists(emails)

    def _mailjet_built(self, mails, server, names):
        """Return each mail as `Built`."""
        outcome = Outcome()
        mails = mails.with_context(mailjet_outcome=outcome)
        server = server.sudo().with_env(mails.env)
        session = _offline_session(server, outcome)
        followers = mails._mailjet_followers()
        written = self._mailjet_written()
        built = []
        for mail in mails:
            prepared = mail._mailjet_prepare(
                session, server, float("inf"), False, None, followers
            )
            name = names.get(mail.res_id, "")
            if prepared.envelopes:
                sample = self._mailjet_sample(prepared.envelopes[0], name, written)
                built.append(Built(mail.res_id, name, sample))
                continue
            reasons = [
                self._mailjet_reason_of(reason)
                for entry in prepared.failed
                for reason in entry.reasons.values()
            ]
            reason = next(filter(None, reasons), self.env._("No address is usable."))
            built.append(Built(mail.res_id, name, reason=reason, is_refused=True))
        return built

    def _mailjet_reason_of(self, reason):
        """Return a `Failure` or a `Diagnosis` in words."""
        text = reason.reason if reason else ""
        if isinstance(text, str):
            return text
        return self.env["mailjet.words"]._translate_words(text)

    def _mailjet_sample(self, envelope, name, written):
        """Return an envelope's content as `Sample`, its tracked links resolved."""
        sample = Sample.parse(
            envelope.content, recipient=name, base_url=self.get_base_url()
        )
        codes = {match[0]: match[1] for match in _SHORT_LINK.finditer(sample.html)}
        found = self.env["link.tracker.code"].search(
            [("code", "in", list(set(codes.values())))]
        )
        urls = {code.code: code.link_id.url for code in found}
        targets = {url: urls[code] for url, code in codes.items() if code in urls}
        return replace(sample, targets=targets, written=written)

    def _mailjet_written(self):
        """Return the words of the mailing, without its fields."""
        body = self.body_html or ""
        if body.strip():
            body = lxml.html.fromstring(f"<div>{body}</div>").text_content()
        texts = (self.subject, self.preview, body)
        return _INLINE_FIELD.sub(" ", "\n".join(filter(None, texts)))


def _offline_session(server, outcome):
    """Return what core and the queue take for a session with the server."""
    outcome.begin()
    outcome.server = server
    connection = offline_connection()
    connection.from_filter = server.from_filter
    connection.smtp_from = False
    session = Session(connection, server._mailjet_diagnoser(Stage.DATA), outcome)
    server._mailjet_prepare_session(session)
    return session
