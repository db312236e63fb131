"""Mailjet's Send API, version 3.1: POST /v3.1/send.

https://github.com/mailjet/api-documentation/blob/master/guides/_send-api.md
"""

import base64
import binascii
import hmac
import json
import uuid
from collections.abc import Mapping
from typing import Any

from .rest_answers import Answer
from .send_checks import SendError, message_errors, whole_errors
from .send_mime import mime_of
from .store import Account, Store

Values = Mapping[str, Any]

_UNAUTHORIZED = (
    "API key authentication/authorization failure. You may be unauthorized to access"
    " the API or your API key may be expired. Visit API keys management section to"
    " check your keys."
)
_MALFORMED = "Malformed JSON, please review the syntax and properties types."
_SUSPENDED = "Your account has been temporarily blocked."
_LISTS = ("To", "Cc", "Bcc")


def send(store: Store, login: str, body: bytes, *, port: int, url: str) -> Answer:
    """Answer a call; `login` is its Authorization header, `url` that of the API."""
    account, refusal = _logged_in(store, login)
    if refusal:
        return _whole(refusal)
    try:
        call = json.loads(body)
    except ValueError:
        return _whole(SendError("mj-0002", _MALFORMED))
    if not isinstance(call, dict):
        return _whole(SendError("mj-0002", _MALFORMED))
    call = {name.lower(): value for name, value in call.items()}
    messages = call.get("messages")
    for error in whole_errors(messages):
        return _whole(error)
    defaults = call.get("globals") or {}
    is_sandbox = call.get("sandboxmode") is True
    checks_sender = call.get("advanceerrorhandling") is True
    answers = []
    for given in messages:
        message = {**defaults, **given}
        errors = list(message_errors(message))
        if not errors and checks_sender:
            errors = _sender_errors(store, account, message)
        if errors:
            answers.append({"Status": "error", "Errors": list(map(_row, errors))})
            continue
        ids = _accept(store, account, message, port, is_sandbox)
        answers.append(_success(message, ids, url))
    return _answer(_status(answers), {"Messages": answers})


def _logged_in(store: Store, login: str) -> tuple[Account | None, SendError | None]:
    unauthorized = SendError("", _UNAUTHORIZED, status=401)
    try:
        pair = base64.b64decode(login.partition(" ")[2], validate=True).decode()
        api_key, _, secret = pair.partition(":")
        account = store.account(api_key)
    except (binascii.Error, UnicodeDecodeError, KeyError):
        return None, unauthorized
    if not hmac.compare_digest(account.secret_key.encode(), secret.encode()):
        return None, unauthorized
    if not account.row["IsActive"]:
        return None, SendError("mj-0001", _SUSPENDED, status=401)
    return account, None


def _sender_errors(store: Store, account: Account, message: Values) -> list[SendError]:
    address = message["From"]["Email"]
    if store.is_sender(account.api_key, address):
        return []
    text = f'"{address}" is not an authorized sender email address for your account.'
    return [SendError("send-0008", text, ("From",), 403)]


def _accept(
    store: Store, account: Account, message: Values, port: int, is_sandbox: bool
) -> list[tuple[int, str]]:
    """Accept a message, and return id and UUID of each recipient."""
    addresses = [one["Email"] for name in _LISTS for one in message.get(name, ())]
    if is_sandbox:
        return [(0, "")] * len(addresses)
    content = mime_of(message, store.now(), has_body=store.keeps_bodies)
    if not store.is_sender(account.api_key, message["From"]["Email"]):
        # Without AdvanceErrorHandling it is accepted, and dropped
        return [(store.next_message_id(), str(uuid.uuid4())) for _one in addresses]
    taken = store.add_message(
        api_key=account.api_key,
        mail_from=message["From"]["Email"],
        rcpt_tos=addresses,
        content=content,
        port=port,
        security="none",
        auth_mechanism="API",
    )
    return list(zip(taken.message_ids, taken.guids, strict=True))


def _success(message: Values, ids: list[tuple[int, str]], url: str) -> dict[str, Any]:
    left = iter(ids)
    answer: dict[str, Any] = {
        "Status": "success",
        "CustomID": message.get("CustomID", ""),
    }
    for name in _LISTS:
        answer[name] = []
        for one in message.get(name, ()):
            message_id, guid = next(left)
            path = "v3/REST/message" if message_id else "v3/message"
            row = {"Email": one["Email"], "MessageUUID": guid, "MessageID": message_id}
            row["MessageHref"] = f"{url}/{path}/{message_id}"
            answer[name].append(row)
    return answer


def _status(answers: list[dict[str, Any]]) -> int:
    """Return 200 if a message was accepted, else the status of the errors."""
    statuses = {
        error["StatusCode"] for one in answers for error in one.get("Errors", ())
    }
    if any(one["Status"] == "success" for one in answers):
        return 200
    return 403 if statuses == {403} else 400


def _row(error: SendError) -> dict[str, Any]:
    return {
        "ErrorIdentifier": str(uuid.uuid4()),
        "ErrorCode": error.code,
        "StatusCode": error.status,
        "ErrorMessage": error.text,
        "ErrorRelatedTo": list(error.related_to),
    }


def _whole(error: SendError) -> Answer:
    row = _row(error)
    if not error.code:  # as recorded for wrong keys
        del row["ErrorCode"]
    if not error.related_to:
        del row["ErrorRelatedTo"]
    return _answer(error.status, row)


def _answer(status: int, body: Values) -> Answer:
    return Answer(
        status,
        json.dumps(body, separators=(",", ":")).encode(),
        (("X-Mj-Request-Guid", str(uuid.uuid4())),),
        "application/json; charset=UTF-8",
    )
