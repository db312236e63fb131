import re

from odoo import models
from odoo.http import request

_OWNERSHIP_FILE = re.compile(r"/([0-9A-Za-z]{32}\.txt)")


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _serve_fallback(cls):
        """Serve the empty file by which Mailjet verifies the owner of a domain.

        It is not a route, as that would hide attachments and pages of this form. Only
        while a domain waits for exactly this file, and where nothing else is found.
        """
        return super()._serve_fallback() or _ownership_file()


def _ownership_file():
    path = _OWNERSHIP_FILE.fullmatch(request.httprequest.path)
    if not path or request.httprequest.method not in ("GET", "HEAD"):
        return None
    waiting = [("filename", "=", path[1]), ("status", "=", "inactive")]
    if not request.env["mailjet.sender"].sudo().search_count(waiting, limit=1):
        return None
    return request.make_response("", [("Content-Type", "text/plain")])
