"""/contact/managemanycontacts: a job that changes many contacts.

Shape: mailjet-apiv3-nodejs, lib/types/api/Contact.ts. The work is done at once, but
`Statistics.job_reads` can delay the report of its completion.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..resource import ApiError, boolean
from ..rows import Row
from .moments import written

if TYPE_CHECKING:
    from .statistics import Statistics

ACTIONS = ("addforce", "addnoforce", "remove", "unsub")


def start_job(statistics: "Statistics", body: Mapping[str, Any]) -> Row:
    """Write the contacts of a body (names in lower case); return the row {JobID}."""
    given = body.get("contacts")
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise ApiError(400, "Object properties invalid", "MJ08 Property Contacts")
    actions = _list_actions(statistics, body.get("contactslists") or [])
    errors = []
    for one in given:
        values = {name.lower(): value for name, value in one.items()}
        email = str(values.get("email") or "").lower()
        if "@" not in email:
            errors.append(f"{email!r} is not an e-mail address")
            continue
        _write(statistics, email, values)
        for list_id, action in actions:
            apply_action(statistics, email, list_id, action)
    now = written(int(statistics.clock()))
    job = {
        "ContactsLists": [{"ListID": i, "Action": action} for i, action in actions],
        "Count": len(given) - len(errors),
        # How Mailjet reports invalid contacts is [unknown]
        "Error": "; ".join(errors),
        "ErrorFile": "",
        "JobEnd": now,
        "JobStart": now,
        "Status": "Completed",
    }
    return {"JobID": statistics.add_job(job)}


def read_job(statistics: "Statistics", key: str) -> Row:
    """Return the row of a job: in progress at first, then completed."""
    job = statistics.jobs.get(int(key)) if key.isdecimal() else None
    if job is None:
        raise ApiError(404, "Object not found")
    row, reads_left = job
    if reads_left:
        statistics.jobs[int(key)] = (row, reads_left - 1)
        return {**row, "Count": 0, "JobEnd": "", "Status": "In Progress"}
    return row


def _list_actions(statistics: "Statistics", given: Any) -> list[tuple[int, str]]:
    """Return lists with their actions; raises `ApiError` in the recorded format."""
    actions, errors = [], []
    for one in given:
        list_id, action = one.get("ListID"), str(one.get("Action") or "").lower()
        row = statistics.lists.get(list_id)
        error = ""
        if row is None or row["IsDeleted"]:
            error = f"List ID {list_id} is invalid or deleted"
        elif action not in ACTIONS:
            error = f"Action {action} is invalid"
        if error:
            errors.append({"ListID": list_id, "Action": action, "Error": error})
        actions.append((list_id, action))
    if errors:
        raise ApiError(400, "Object properties invalid", {"ContactsLists": errors})
    return actions


def _write(statistics: "Statistics", email: str, values: Mapping[str, Any]) -> None:
    contact_id = statistics.contacts.id(statistics.contact_of(email))
    changes: Row = {}
    if "name" in values:
        changes["Name"] = str(values["name"])
    is_excluded = boolean(str(values.get("isexcludedfromcampaigns", "")))
    if is_excluded is not None:
        changes["IsExcludedFromCampaigns"] = is_excluded
    if changes:
        statistics.change_contact(contact_id, **changes)


def apply_action(
    statistics: "Statistics", email: str, list_id: int, action: str
) -> None:
    """Add a contact to a list, remove it, or unsubscribe it."""
    contact_id = statistics.contacts.id(statistics.contact_of(email))
    handle = statistics.recipients.of_contact(contact_id).get(list_id)
    if action == "remove":
        if handle is not None:
            recipient_id = statistics.recipients.row(handle)["ID"]
            statistics.delete_list_recipient(recipient_id)
        return
    if handle is None:
        recipient_id = statistics.add_list_recipient(list_id, contact_id)
    else:
        recipient_id = statistics.recipients.row(handle)["ID"]
    if action == "unsub":
        now = written(int(statistics.clock()))
        statistics.change_list_recipient(
            recipient_id, IsUnsubscribed=True, UnsubscribedAt=now
        )
    elif action == "addforce":
        statistics.change_list_recipient(
            recipient_id, IsUnsubscribed=False, UnsubscribedAt=""
        )
