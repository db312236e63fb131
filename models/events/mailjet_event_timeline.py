from odoo import fields, models


class MailjetEvent(models.Model):
    """Events as entries of a timeline."""

    _inherit = "mailjet.event"

    def _moments(self):
        """Return these events in the format of the web client's timeline.

        :return: dicts with `kind`, `label`, `date` (UTC, as text), `email`, `detail`
            and `is_automatic`
        """
        return [
            {
                "kind": "deferred" if event.is_deferred else event.event,
                "label": event.label,
                "date": fields.Datetime.to_string(event.date),
                "email": event.email or "",
                "detail": event.detail,
                "is_automatic": event.is_automatic,
            }
            for event in self.sorted(lambda event: (event.date, event.id))
        ]
