import re

from odoo import models
from odoo.exceptions import UserError

from .. import const
from ..models.server.ir_mail_server_account import API_DEADLINE
from ..models.server.ir_mail_server_secrets import MAILJET_API_URLS
from ..tools.mailjet.errors import AuthenticationError, MailjetApiError
from ..tools.mailjet.resources import MailjetApi
from ..tools.smtp.probe import try_other_ports

# Seconds to try all SMTP ports at once, while a user waits
PORTS_DEADLINE = 4.0

# How both keys of an account look
KEY = "[0-9a-fA-F]{32}"


class MailjetSetup(models.TransientModel):
    """Carry out the steps of the set-up."""

    _inherit = "mailjet.setup"

    # ------------------------------------------------------------------
    # Keys
    # ------------------------------------------------------------------

    def _leave_keys(self):
        """Create the server if Mailjet accepts the keys; otherwise say why not.

        The reason is shown and not raised: an error would roll back the erasing of what
        was typed.
        """
        pair = self._take_pair()
        try:
            with self.env.cr.savepoint():
                return self._connect(*pair)
        except UserError as error:
            self.notice = str(error)
            return False

    def _take_pair(self):
        """Return both keys, and erase what was typed."""
        pair = ((self.api_key or "").strip(), (self.secret_key or "").strip())
        server = self.server_id.sudo()
        own_urls = (server.mailjet_api_url or const.API_URL, *MAILJET_API_URLS)
        if server and not pair[1] and self.api_url in own_urls:
            pair = (pair[0], server.smtp_pass or "")
        self.write({"api_key": server.smtp_user, "secret_key": False})
        return pair

    def _connect(self, *pair):
        """Store a pair that Mailjet accepts, in either order; return whether it does.

        :raise UserError: if a key is missing, or anything but the pair is wrong
        """
        self._check_typed(*pair)
        account = self._account_of(*pair)
        if not account:
            # Both look alike: 32 hexadecimal digits each
            pair = pair[::-1]
            account = self._account_of(*pair)
            self.notice = self.env._(
                "The two keys were the wrong way round; we swapped them for you."
            )
        if not account:
            self.notice = self._refused_words(*pair[::-1])
            return False
        if self._find_twin(pair[0]):
            return False
        self.account = account
        self._keep_server(*pair)
        self.api_key = pair[0]
        return True

    def _check_typed(self, api_key, secret_key):
        """Raise a UserError if these cannot be the two keys of an account."""
        if not (api_key and secret_key):
            raise UserError(self.env._("Enter both keys."))
        probe = self.env["ir.mail_server"].new({"smtp_user": api_key, "active": False})
        problem = probe._mailjet_key_problem()
        if problem:
            raise UserError(problem)
        if api_key == secret_key:
            raise UserError(
                self.env._(
                    "The same key is in both fields. Mailjet shows the API key and the "
                    "secret key side by side: copy the other one, too."
                )
            )

    def _refused_words(self, api_key, secret_key):
        """Say that Mailjet rejects the pair, and which key is likely wrong."""
        known = self._server_with(api_key) if api_key else False
        is_key_odd = not re.fullmatch(KEY, api_key)
        is_secret_odd = not re.fullmatch(KEY, secret_key)
        if known or (is_secret_odd and not is_key_odd):
            likely = self.env._("The secret key is likely wrong.")
        elif is_key_odd and not is_secret_odd:
            likely = self.env._("The API key is likely wrong.")
        else:
            likely = self.env._("Either key may be wrong.")
        return self.env._(
            "Mailjet does not accept these keys. %(likely)s Copy both again from "
            "Account settings > API key management. If they are right, the key may be "
            "disabled or the account suspended: check on Mailjet's website.",
            likely=likely,
        )

    def _server_with(self, api_key):
        """Return the Mailjet server that has this key already, apart from ours."""
        servers = self.env["ir.mail_server"].sudo().with_context(active_test=False)
        others = servers.search([("id", "!=", self.server_id.id)])._filter_mailjet()
        return others.filtered(lambda server: server.smtp_user == api_key)[:1]

    def _find_twin(self, api_key):
        """Offer the server that has this account already; return it.

        A second one would double its domains, senders and events.
        """
        self.twin_id = twin = self._server_with(api_key)
        if twin.mailjet_setup_unfinished:
            self.notice = self.env._(
                "The set-up of this account has already been started: continue there."
            )
        elif twin and not twin.active:
            self.notice = self.env._(
                "This account belongs to the archived server “%(name)s”. Unarchive it "
                "to send through it again.",
                name=twin.name,
            )
        elif twin:
            self.notice = self.env._(
                "This account is already connected as “%(name)s”.", name=twin.name
            )
        return twin

    def action_open_twin(self):
        """Open the server that has the typed key, or continue its set-up."""
        self.ensure_one()
        self.check_access("write")
        twin = self.twin_id
        if twin.mailjet_setup_unfinished:
            return twin.action_mailjet_setup()
        return twin._mailjet_open_form()

    def _account_of(self, api_key, secret_key):
        """Return a label of the account, or False if Mailjet rejects the pair.

        :raise UserError: if anything else fails
        """
        try:
            with MailjetApi(
                api_key, secret_key, self.api_url, deadline=API_DEADLINE, read_only=True
            ) as client:
                user = client.user()
                key = client.own_apikey()
        except AuthenticationError:
            return False
        except MailjetApiError as error:
            server = self.env["ir.mail_server"].new(
                {"name": self.env._("Mailjet"), "mailjet_api_url": self.api_url}
            )
            raise UserError(server._mailjet_explain_api_error(error)) from None
        if not key.is_active or key.run_level != "normal":
            raise UserError(
                self.env._(
                    "The key “%(name)s” is valid, but Mailjet has restricted it. Check "
                    "your Mailjet account, or contact Mailjet's support.",
                    name=key.name,
                )
            )
        kind = (
            self.env._("main account") if key.is_master else self.env._("sub-account")
        )
        return f"{user.email}, {key.name} ({kind})"

    def _keep_server(self, api_key, secret_key):
        vals = {
            "smtp_user": api_key,
            "smtp_pass": secret_key,
            "mailjet_api_url": self.api_url,
        }
        if self.server_id:
            server = self.server_id
            if any(server[name] != vals[name] for name in vals):
                server.write(vals)
        else:
            self.server_id = self.env["ir.mail_server"].create(
                {
                    "name": self.env._("Mailjet"),
                    "smtp_authentication": "mailjet",
                    "active": False,
                    "mailjet_setup_unfinished": True,
                    **vals,
                }
            )

    # ------------------------------------------------------------------
    # Use
    # ------------------------------------------------------------------

    def _leave_use(self):
        if self._offer_send_api():
            return False
        vals = {
            "mailjet_purpose": self.usage,
            "mailjet_security": self.security,
            "mailjet_transport": self.transport or "smtp",
        }
        if self.region == "other":
            vals.update(smtp_host=self.smtp_host, smtp_port=self.smtp_port)
        changes = {
            name: vals[name] for name in vals if self.server_id[name] != vals[name]
        }
        if self._is_of_this_user():
            # Otherwise another host would need it again
            changes.setdefault("smtp_pass", self.server_id.sudo().smtp_pass)
        self.server_id.write(changes)
        self.server_id._mailjet_refresh()
        return True

    def _offer_send_api(self):
        """Choose the Send API if no SMTP port answers; return whether that is new.

        The API itself has answered already, when it was asked about the keys. It is
        offered once: a user who still chooses SMTP may go on.
        """
        if self.transport == "api" or self.is_smtp_blocked:
            return False
        host, ports = const.SMTP_HOST, None
        if self.region == "other":
            host, ports = self.smtp_host, {self.smtp_port: self.security}
        answers = try_other_ports(host, ports, deadline=PORTS_DEADLINE)
        if any(answer.works for answer in answers):
            return False
        self.is_smtp_blocked = True
        self.transport = "api"
        self.notice = self.env._(
            "Your network seems to block SMTP: no port of %(host)s answers. Mailjet's "
            "Send API does, so it is selected below. What the Send API cannot carry, "
            "such as signed emails, waits until SMTP works.",
            host=host,
        )
        return True

    def _is_of_this_user(self):
        """Return whether this user has just typed the server's keys."""
        server = self.server_id
        is_new = not server.active and not server.mailjet_refreshed_on
        return is_new and server.create_uid == self.env.user

    # ------------------------------------------------------------------
    # Senders and domains
    # ------------------------------------------------------------------

    def _leave_senders(self):
        return True

    def _leave_domains(self):
        """Add a domain that was typed and not added, and show the result."""
        if self.typed_domain:
            self._add_typed_domain()
            return False
        return True

    def action_refresh(self):
        """Read senders and domains again."""
        self.ensure_one()
        self.check_access("write")
        self.server_id._mailjet_refresh()
        self._read_addresses()
        return self._reopen()

    def action_add_missing(self):
        """Add every address that Mailjet does not know, and show each result."""
        self.ensure_one()
        self.check_access("write")
        missing = self.address_ids.filtered(lambda a: a.state == "missing")
        by_email = missing.grouped("email")
        for email, sender in self._add_senders(by_email):
            by_email[email]._keep_sender(sender)
        return self._reopen()

    def action_add_domains(self):
        """Add the domains that Odoo uses and Mailjet does not know as a whole."""
        self.ensure_one()
        self.check_access("write")
        self._add_senders(f"*@{name}" for name in self._names_of_unknown_domains())
        return self._reopen()

    def action_add_typed_domain(self):
        """Add a domain that Odoo does not send from yet."""
        self.ensure_one()
        self.check_access("write")
        self._add_typed_domain()
        return self._reopen()

    def _add_typed_domain(self):
        name = (self.typed_domain or "").strip().rpartition("@")[2]
        if self._add_senders([f"*@{name}"]):
            self.typed_domain = False

    def _add_senders(self, emails):
        """Add each, show every result, and return those that were added."""
        added, results = [], []
        for email in emails:
            try:
                sender, message = self.server_id._mailjet_add_sender(email)
            except UserError as error:
                # The others may still succeed
                results.append(f"{email}: {error}")
            else:
                added.append((email, sender))
                results.append(message)
        self.notice = "\n".join(results)
        return added

    def action_check_domains(self):
        """Check the records of all domains, and have Mailjet verify ownership."""
        self.ensure_one()
        self.check_access("write")
        self.notice = self.domain_ids.action_check_dns()["params"]["message"]
        return self._reopen()

    # ------------------------------------------------------------------
    # Events
    # ------------------------------------------------------------------

    def _leave_events(self):
        return True

    def action_register_events(self):
        """Have Mailjet post its events here, or show why it cannot."""
        self.ensure_one()
        self.check_access("write")
        return self._change_events(self.server_id.action_mailjet_register)

    def action_replace_events(self):
        """Have Mailjet post all events here, instead of anywhere else."""
        self.ensure_one()
        self.check_access("write")
        return self._change_events(self.server_id.action_mailjet_replace_all)

    def _change_events(self, change):
        try:
            self.notice = change()["params"]["message"]
        except UserError as error:
            self.notice = str(error)
        return self._reopen()

    # ------------------------------------------------------------------
    # Test email
    # ------------------------------------------------------------------

    def _leave_test(self):
        return True

    def action_send_test(self):
        """Send a test email to the user, and follow it until it is delivered."""
        self.ensure_one()
        self.check_access("write")
        if not self.test_to:
            raise UserError(
                self.env._(
                    "Your user has no email address to send to. Add one in your "
                    "preferences, or go on without a test."
                )
            )
        if not self.test_from:
            raise UserError(
                self.env._(
                    "Mailjet accepts no address of yours yet. Go back and prove a "
                    "domain or activate a sender, or go on without a test."
                )
            )
        tests = self.env["mailjet.smtp.test"]
        vals = {
            **tests._values_of(self.server_id),
            "email_from": self.test_from,
            "email_to": self.test_to,
            "deliver": True,
        }
        self.test_id = tests.create(vals)
        if self.server_id.mailjet_transport == "api":
            self.test_id._run_by_api()
        else:
            self.test_id.action_run()
        return self._reopen()

    # ------------------------------------------------------------------
    # Ready
    # ------------------------------------------------------------------

    def action_smtp_test(self):
        """Open the SMTP test before the server is activated."""
        return self.server_id.action_mailjet_smtp_test()

    def action_finish(self):
        """Activate the server and show it."""
        self.ensure_one()
        self.check_access("write")
        server = self.server_id
        vals = {"active": True}
        if self.usage == "all" and self.set_from_filter and self.from_filter_after:
            vals["from_filter"] = self.from_filter_after
        server.write(vals)
        if self.replace_dedicated and server.mailjet_dedicated_server_id != server:
            server._make_dedicated()
        if server.from_filter or self.env.user.email:  # the sender of the test
            server.test_smtp_connection()
        return {
            "type": "ir.actions.act_window",
            "res_model": "ir.mail_server",
            "res_id": server.id,
            "view_mode": "form",
            "target": "current",
        }
