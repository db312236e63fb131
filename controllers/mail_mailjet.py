import logging
import time

from werkzeug.exceptions import RequestEntityTooLarge

from odoo.http import Controller, request, route

from ..models.events.ir_mail_server import EVENT_PATH
from ..tools.mailjet.event import read_post
from ..tools.mailjet.post_body import PostError, TooLargeError, unpack
from ..tools.mailjet.token_filter import mask_tokens
from .raw_dispatcher import RawDispatcher

_logger = logging.getLogger(__name__)

# All events of a second, which Mailjet posts together, at 1 KiB each
LARGEST_POST = 32 * 1024 * 1024
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
mask_tokens(EVENT_PATH)


class MailMailjet(Controller):
    @route(
        f"{EVENT_PATH}<string:token>",
        type=RawDispatcher.routing_type,
        auth="public",
        methods=["POST"],
        csrf=False,
        sitemap=False,
        save_session=False,
        max_content_length=LARGEST_POST,
    )
    def events(self, token, **_kwargs):
        """Store the events of a post; the cron applies them.

        Mailjet repeats a post for a day unless the answer is 200, and then gives up on
        the address. So the answer is 200 to every authenticated post of which anything
        could be kept, and to every post to a copy for testing, which stores none. Only
        the events are written, so that no sending and no other post gets in the way.
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
        if server._mailjet_accepts_events() and not is_copy:
            status = self._receive(server)
            if status != 200:
                return request.make_response("", status=status)
        tag, _key = servers._mailjet_custom_id_keys()
        return request.make_response(tag, [("Content-Type", "text/plain")])

    def _receive(self, server):
        """Store the events of an authenticated post; return the status to answer."""
        try:
            body = unpack(request.httprequest.get_data(), LARGEST_POST)
        except (RequestEntityTooLarge, TooLargeError):
            limit = LARGEST_POST // 1024 // 1024
            return _refuse(server, 413, f"it is larger than {limit} MiB")
        except PostError as error:
            return _refuse(server, 400, str(error))
        post = read_post(body)
        if post.is_refused:
            return _refuse(server, 400, f"no event in {post.unreadable[0]!r}")
        request.env["mailjet.event"].sudo()._receive(server, post)
        return 200


def _refuse(server, status, reason):
    _logger.warning(
        "Mailjet: answered %s to a post of events for %s: %s",
        status,
        server.name,
        reason,
    )
    return status
