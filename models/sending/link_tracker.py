from odoo import api, models


class LinkTracker(models.Model):
    """Look a link of a mailing up once, not once for each mail."""

    _inherit = "link.tracker"

    @api.model
    def search_or_create(self, vals_list):
        """Remember links where the context has a dict for them."""
        known = self.env.context.get("mailjet_known_links")
        if known is None or not isinstance(vals_list, list):
            return super().search_or_create(vals_list)
        # Before core completes the values
        keys = [tuple(sorted(vals.items())) for vals in vals_list]
        missing = {
            key: vals
            for key, vals in zip(keys, vals_list, strict=True)
            if key not in known
        }
        if missing:
            found = super().search_or_create(list(missing.values()))
            known.update(zip(missing, found.ids, strict=True))
        return self.browse(known[key] for key in keys)
