import logging
import time

from odoo.http import Controller, request, route

from ..tools.mailjet.event import read_post

_logger = logging.getLogger(__name__)

LARGEST_POST = 2 * 1024 * 1024
# Seconds between two log lines about unauthenticated posts
LOG_EVERY = 60


class _Refusals:
    """Count unauthenticated posts, and log them once a minute in each worker."""

    def __init__(self):
        self.count = 0
        self.logged_at = float("-inf")

    def note(self):
        self.count += 1
        now = time.monotonic()
        if now - self.logged_at >= LOG_EVERY:
            _logger.warning(
                "Mailjet: %s posts to the event address were refused: wrong token or "
                "login",
                self.count,
            )
            self.count, self.logged_at = 0, now


_refusals = _Refusals()


class MailMailjet(Controller):
    @route(
        "/<string(length=32):token>.txt",
        type="http",
        auth="public",
        methods=["GET", "HEAD"],
        sitemap=False,
        save_session=False,
    )
    def ownership_file(self, token):
        """Serve the empty file by which Mailjet verifies the owner of a domain.

        Only while a domain waits for it; any other name gives stock Odoo's 404.
        """
        sender = (
            request.env["mailjet.sender"]
            .sudo()
            .search(
                [("filename", "=", f"{token}.txt"), ("status", "=", "inactive")],
                limit=1,
            )
        )
        if not sender:
            raise request.not_found()
        return request.make_response("", [("Content-Type", "text/plain")])

    @route(
        "/mailjet/events/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        sitemap=False,
        save_session=False,
        max_content_length=LARGEST_POST,
    )
    def events(self, token):
        """Store the events of a post; the cron applies them.

        Mailjet repeats a post for a day unless the answer is 200, and then gives up on
        the address. So the answer is 200 to every authenticated post, and to every post
        to a copy for testing, which stores none. Only the events are written, so that
        no sending and no other post gets in the way.
        """
        login = request.httprequest.authorization
        password = login.password if login and login.password else ""
        servers = request.env["ir.mail_server"]
        server = servers._mailjet_server_of_post(token, password)
        # Neutralizing deletes the tokens, so that no post authenticates there
        is_copy = servers._is_mailjet_neutralized()
        if not server and not is_copy:
            _refusals.note()
            return request.make_response("", status=404)
        if server.active and not is_copy:
            post = read_post(request.httprequest.get_data())
            request.env["mailjet.event"].sudo()._receive(server, post)
        tag, _key = servers._mailjet_custom_id_keys()
        return request.make_response(tag, [("Content-Type", "text/plain")])
