from odoo import fields, models


class MailjetEvent(models.Model):
    """Events as moments of a timeline."""

    _inherit = "mailjet.event"

    def _moments(self):
        """Return what these events tell, as the web client's timeline takes it.

        :return: dicts with `kind`, `label`, `date` (UTC, as text), `email`, `detail`
            and `is_automatic`
        """
        kinds = dict(self._fields["event"]._description_selection(self.env))
        return [
            {
                "kind": event.event,
                "label": kinds[event.event],
                "date": fields.Datetime.to_string(event.date),
                "email": event.email or "",
                "detail": event.detail,
                "is_automatic": event.is_automatic,
            }
            for event in self.sorted(lambda event: (event.date, event.id))
        ]
