"""What the stand-in's REST API sends back."""

import json
from dataclasses import dataclass
from typing import Any

LOGIN_WANTED = ("WWW-Authenticate", 'Basic realm="Provide an apiKey and secretKey"')


@dataclass(frozen=True)
class Answer:
    """One answer; `body` is sent as it is if it is bytes, else as JSON."""

    status: int
    body: Any = b""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"

    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        # The older half of Mailjet's API prints its JSON like this
        return json.dumps(self.body, separators=(", ", " : ")).encode()


def html(status: int, title: str) -> Answer:
    page = f"<html><body><h1>{title}</h1></body></html>"
    return Answer(status, page.encode(), content_type="text/html")
