from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.ir_mail_server import IdentificationFieldsNoFoldPolicy

from ...tools.smtp.cause import Stage
from ...tools.smtp.diagnosis import diagnose
from ...tools.smtp.exceptions import stage_of
from ...tools.smtp.session import Outcome, Session


class WholeUnsubscribePolicy(IdentificationFieldsNoFoldPolicy):
    """Write List-Unsubscribe on one line.

    Python folds a longer value, and encodes it as RFC 2047 words where it has no space
    to fold at. A URL is not readable that way (RFC 2047 section 5), and one-click
    unsubscription is lost.
    """

    def _fold(self, name, value, *args, **kwargs):
        if name.lower() == "list-unsubscribe" and self.max_line_length:
            whole = self.clone(max_line_length=None)
            return whole._fold(name, value, *args, **kwargs)
        return super()._fold(name, value, *args, **kwargs)


MESSAGE_POLICY = WholeUnsubscribePolicy(linesep="\r\n")


class IrMail_Server(models.Model):
    """Connect to a Mailjet server, and explain why that failed."""

    _inherit = "ir.mail_server"

    mailjet_state = fields.Selection(
        selection=[
            ("untested", "Not tested yet"),
            ("working", "Connection works"),
            ("failing", "Connection fails"),
        ],
        string="Mailjet connection",
        default="untested",
        readonly=True,
        copy=False,
    )
    mailjet_tested_on = fields.Datetime("Last tested on", readonly=True, copy=False)
    mailjet_failure = fields.Text("Why the test failed", readonly=True, copy=False)

    # ------------------------------------------------------------------
    # Connecting
    # ------------------------------------------------------------------

    def _connect__(  # noqa: PLW3201
        self,
        host=None,
        port=None,
        user=None,
        password=None,
        encryption=None,
        smtp_from=None,
        ssl_certificate=None,
        ssl_private_key=None,
        smtp_debug=False,
        mail_server_id=None,
        allow_archived=False,
    ):
        """Explain in plain words why a Mailjet server could not be reached.

        A Mailjet server's connection is wrapped in a `Session`, which records what
        becomes of each mail. Where mail goes by the Send API, a `SendSession` takes its
        place, and nothing is connected yet.
        """
        server = self.sudo().browse(mail_server_id or [])._filter_mailjet()
        outcome = self.env.context.get("mailjet_outcome") or Outcome()
        outcome.begin()
        outcome.server = server

        def connect():
            return super(IrMail_Server, self)._connect__(
                host=host,
                port=port,
                user=user,
                password=password,
                encryption=encryption,
                smtp_from=smtp_from,
                ssl_certificate=ssl_certificate,
                ssl_private_key=ssl_private_key,
                smtp_debug=smtp_debug,
                mail_server_id=mail_server_id,
                allow_archived=allow_archived,
            )

        is_by_api = server._mailjet_uses_api() and not self._disable_send()
        if is_by_api and not self.env.context.get("mailjet_by_smtp"):
            # As core does before it connects
            self._check_forced_mail_server(server, allow_archived, smtp_from)
            session = server._mailjet_send_session(outcome, connect)
            session.from_filter, session.smtp_from = server.from_filter, smtp_from
            server._mailjet_prepare_session(session)
            return session
        try:
            connection = connect()
        except OSError as error:  # smtplib and ssl raise subclasses of it
            if not server:
                raise
            outcome.refusal = server._mailjet_diagnose(error)
        if outcome.refusal:
            # Outside the except block, so that no traceback shows the server's reply
            raise UserError(self._mailjet_explain_refusal(outcome.refusal))
        if server and connection:
            diagnose_sending = server._mailjet_diagnoser(Stage.DATA)
            connection = Session(connection, diagnose_sending, outcome)
            server._mailjet_prepare_session(connection)
        return connection

    def _mailjet_prepare_session(self, connection):
        """Keep on the session what each of its mails needs, looked up once."""
        connection.mailjet_message_policy = MESSAGE_POLICY

    def _prepare_email_message__(self, message, smtp_session):  # noqa: PLW3201
        """Write mails for Mailjet so that one-click unsubscription survives."""
        policy = getattr(smtp_session, "mailjet_message_policy", None)
        if policy:
            message.policy = policy
        return super()._prepare_email_message__(message, smtp_session)

    # ------------------------------------------------------------------
    # Explaining a failure
    # ------------------------------------------------------------------

    def _mailjet_diagnoser(self, stage=None):
        """Return a function from an error to its `Diagnosis`, safe in any thread.

        :param Stage stage: where it happened, unless the error itself says so
        """
        options = {
            "secrets": (self.smtp_pass, self.smtp_user),
            "host": self.smtp_host,
            "port": self.smtp_port,
            "user": self.smtp_user or "",
        }
        return lambda error: diagnose(error, stage=stage_of(error) or stage, **options)

    def _mailjet_diagnose(self, error, stage=None):
        """Return the `Diagnosis` of what went wrong with this server.

        :param OSError error: raised while connecting, logging in or sending
        """
        return self._mailjet_diagnoser(stage)(error)

    @api.model
    def _mailjet_explain_refusal(self, refusal):
        """Return cause and remedy in plain words, with the raw reply below.

        :param Diagnosis refusal: why something failed
        """
        translate = self.env["mailjet.words"]._translate_words
        words = f"{translate(refusal.reason)} {translate(refusal.cure)}"
        if refusal.by_smtp:
            by_smtp = self.env._(
                "By SMTP, as the Send API cannot carry this email: %(reason)s",
                reason=translate(refusal.by_smtp),
            )
            words = f"{by_smtp}\n{words}"
        return f"{words}\n{refusal.detail}"

    def test_smtp_connection(self, autodetect_max_email_size=False):
        """Test Mailjet servers one by one, the way they send, and store the results.

        The server shows a failure until the next test. It is notified and not raised:
        an error would roll the result back.
        """
        mailjet_servers = self._filter_mailjet()
        mailjet_servers.check_access("write")
        others = self - mailjet_servers
        action = None
        if others or not self:
            action = super(IrMail_Server, others).test_smtp_connection(
                autodetect_max_email_size
            )
        for server in mailjet_servers:
            server._get_test_email_from()  # raises if the user has no address
            result = {"mailjet_state": "working", "mailjet_failure": False}
            test_smtp = super(
                IrMail_Server, server.with_context(mailjet_by_smtp=True)
            ).test_smtp_connection
            try:
                if server._mailjet_uses_api() and not autodetect_max_email_size:
                    action = server._mailjet_test_api()
                if server.mailjet_transport != "api" or autodetect_max_email_size:
                    action = test_smtp(autodetect_max_email_size)
            except UserError as error:
                result = {
                    "mailjet_state": "failing",
                    "mailjet_failure": str(error),
                }
            server.write({**result, "mailjet_tested_on": fields.Datetime.now()})
        failing = mailjet_servers.filtered(lambda s: s.mailjet_state == "failing")
        if failing:
            return self._mailjet_notification(
                "\n\n".join(failing.mapped("mailjet_failure")), "danger"
            )
        return action
