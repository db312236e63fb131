from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_split

from ... import const
from ...tools.mailjet.activation_mail import find_activation_link, names_address
from ...tools.mailjet.authentication_results import is_author_proven, is_within

# Candidates of one sender; with more, mail is routed as usual
MOST_CANDIDATES = 20


class MailjetActivation(models.Model):
    """An email to a sender address that looks like Mailjet's activation email.

    Anyone can write one, so all are kept side by side, and an administrator decides
    which link to open. Odoo opens none.
    """

    _name = "mailjet.activation"
    _description = "Activation email of a Mailjet sender"
    _rec_name = "subject"
    _order = "is_proven desc, date desc, id desc"

    sender_id = fields.Many2one(
        "mailjet.sender", required=True, readonly=True, index=True, ondelete="cascade"
    )
    email_from = fields.Char("From", required=True, readonly=True)
    subject = fields.Char(readonly=True)
    date = fields.Datetime(required=True, readonly=True)
    is_proven = fields.Boolean(
        "Author proven",
        readonly=True,
        help="Your mail server reports that SPF or DKIM passed for the author's "
        "domain. Otherwise it reports nothing, and anyone may have written the email.",
    )
    url = fields.Char("Link", required=True, readonly=True)

    @api.model
    def _read_mail(self, message, message_dict):
        """Return the values of a candidate; None for any other mail.

        :param EmailMessage message: the mail
        :param dict message_dict: what `message_parse` made of it
        """
        authors = email_split(",".join(message.get_all("From", [])))
        domain = authors[0].rpartition("@")[2].lower() if len(authors) == 1 else ""
        if not is_within(domain, const.ACTIVATION_AUTHOR):
            return None
        proven = is_author_proven(message.items(), const.ACTIVATION_AUTHOR)
        url = find_activation_link(_body(message_dict), const.ACTIVATION_HOSTS)
        if proven is False or not url:
            return None
        return {
            "email_from": message_dict["email_from"],
            "subject": message_dict.get("subject"),
            "date": message_dict.get("date") or fields.Datetime.now(),
            "is_proven": bool(proven),
            "url": url,
        }

    @api.model
    def _receive(self, senders, message, message_dict):
        """Keep a mail for those of its recipients that it names.

        :return: the senders that it activates, if it is Mailjet's activation email
        """
        vals = self._read_mail(message, message_dict)
        text = f"{message_dict.get('subject') or ''} {_body(message_dict)}"
        named = senders.filtered(lambda sender: names_address(text, sender.email))
        free = named.filtered(lambda s: len(s.activation_ids) < MOST_CANDIDATES)
        if not vals or not free:
            return senders.browse()
        self.create([{**vals, "sender_id": sender.id} for sender in free])
        return free

    def action_open(self):
        """Open the link in a new tab."""
        self.ensure_one()
        self.check_access("read")
        if self.sender_id.status == "active":
            raise UserError(
                self.env._("%(email)s is active.", email=self.sender_id.email)
            )
        return {"type": "ir.actions.act_url", "url": self.url, "target": "new"}


def _body(message_dict):
    return str(message_dict.get("body") or "")
