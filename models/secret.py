from odoo import fields, models
from odoo.exceptions import UserError


class Secret(fields.Char):
    """A text for the code that uses it, and for nobody who asks for it.

    Code reads it as an attribute. `read`, its relatives and onchange give False; an
    export, a search, an order or a group is refused, since each would show the value or
    allow guessing it piece by piece. Grouping and ordering are refused by
    `mailjet.secret.mixin`, as fields have no say in them.
    """

    def hides(self, record):
        """Return whether this record's value is hidden; a subclass may say no."""
        return True

    def hides_any(self, model):
        """Return whether the values of a whole table may not be compared."""
        return True

    def refuse_comparison(self, model):
        """Raise a UserError if a search, an order or a group could reveal a value."""
        if self.hides_any(model):
            raise UserError(
                model.env._(
                    "“%(field)s” is a secret: records cannot be grouped, ordered or "
                    "searched by it.",
                    field=self._description_string(model.env),
                )
            )

    def convert_to_read(self, value, record, use_display_name=True):
        if self.hides(record):
            return False
        return super().convert_to_read(value, record, use_display_name)

    def convert_to_export(self, value, record):
        if self.hides(record):
            raise UserError(
                record.env._(
                    "“%(field)s” is a secret and cannot be exported. Remove the "
                    "column, or leave out the records that have one.",
                    field=self._description_string(record.env),
                )
            )
        return super().convert_to_export(value, record)

    def condition_to_sql(self, field_expr, operator, value, model, alias, query):
        self.refuse_comparison(model)
        return super().condition_to_sql(
            field_expr, operator, value, model, alias, query
        )


class MailjetSecretMixin(models.AbstractModel):
    """Refuse to order or group records by a `Secret`."""

    _name = "mailjet.secret.mixin"
    _description = "Records with secrets"

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        self._mailjet_refuse_secret(field_name)
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)

    def _read_group_groupby(self, alias, groupby_spec, query):
        self._mailjet_refuse_secret(groupby_spec)
        return super()._read_group_groupby(alias, groupby_spec, query)

    def _read_group_select(self, aggregate_spec, query):
        self._mailjet_refuse_secret(aggregate_spec)
        return super()._read_group_select(aggregate_spec, query)

    def _mailjet_refuse_secret(self, spec):
        field = self._fields.get(spec.partition(":")[0].partition(".")[0])
        if isinstance(field, Secret):
            field.refuse_comparison(self)
