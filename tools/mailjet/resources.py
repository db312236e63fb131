"""The resources of Mailjet's REST API that the add-on uses, a method for each request.

https://dev.mailjet.com/email/reference/
"""

from ... import const
from .answer import first_row, rows_of
from .client import Client, path_of
from .errors import InvalidError, NotFoundError, UnexpectedAnswerError
from .rows import (
    ValidationResult,
    read_api_key,
    read_callback,
    read_contact,
    read_dns_check,
    read_domain_dns,
    read_history_event,
    read_message,
    read_sender,
    read_user,
    read_validation_result,
)
from .values import query_date, query_date_from

_EXCLUDED = {"IsExcludedFromCampaigns": "true"}
# Left out of the rows of /message unless asked for
_SHOWN = {"ShowContactAlt": 1, "ShowCustomID": 1}


class MailjetApi(Client):
    """The REST API, for one pair of keys."""

    # -- Senders: https://dev.mailjet.com/email/reference/sender-addresses-and-domains/

    def senders(self, **filters):
        """Yield each `Sender` of the key; with ShowDeleted=1, deleted ones, too."""
        return map(read_sender, self.iterate("sender", **filters))

    def sender(self, id_or_email):
        """Return one `Sender`, even a deleted one.

        :raise NotFoundError: if the key has no such sender
        """
        return read_sender(self.row("GET", path_of("sender", id_or_email)))

    def create_sender(self, email, name="", email_type=const.UNKNOWN):
        """Create a sender and return it. Mailjet emails an address, but not a domain.

        :param str email: an address, or `*@example.com` for a whole domain
        :raise InvalidError: `is_duplicate` if it exists, even as deleted
        """
        body = {"Email": email, "Name": name, "EmailType": email_type}
        return read_sender(self.row("POST", "sender", json=body))

    def update_sender(self, sender_id, *, name=None, email_type=None, is_default=None):
        """Change the values that are not None. It is fine if nothing changes."""
        body = {"Name": name, "EmailType": email_type, "IsDefaultSender": is_default}
        body = {key: value for key, value in body.items() if value is not None}
        self.request("PUT", path_of("sender", sender_id), json=body)

    def delete_sender(self, sender_id):
        """Delete a sender. Mailjet keeps it as deleted, so it cannot be recreated."""
        self.request("DELETE", path_of("sender", sender_id))

    def validate_sender(self, id_or_email):
        """Have Mailjet look for a domain's proof, or email an address (again).

        :return: a `ValidationResult`, even if the proof was not found
        :raise NotFoundError: if the sender does not exist
        """
        try:
            path = path_of("sender", id_or_email, "validate")
            return read_validation_result(self.request("POST", path, json={}))
        except InvalidError as error:
            if not error.message.lower().startswith("the sender is already active"):
                raise
        return ValidationResult("already_active", "", "", "")

    # -- Domains ---------------------------------------------------------------------

    def dns_records(self, **filters):
        """Yield the `DomainDns` of each domain that has or had a sender."""
        return map(read_domain_dns, self.iterate("dns", **filters))

    def dns(self, id_or_name):
        """Return one `DomainDns`.

        :raise NotFoundError: if the key has no sender on that domain
        """
        return read_domain_dns(self.row("GET", path_of("dns", id_or_name)))

    def check_dns(self, id_or_name):
        """Have Mailjet check SPF and DKIM now, and return the `DnsCheck`."""
        path = path_of("dns", id_or_name, "check")
        return read_dns_check(self.row("POST", path, json={}, idempotent=True))

    # -- The account -----------------------------------------------------------------

    def apikeys(self, **filters):
        """Yield each `ApiKey` that this one may see."""
        return map(read_api_key, self.iterate("apikey", **filters))

    def own_apikey(self):
        """Return the `ApiKey` in use.

        Looked up in the list: requested by name, it would appear in a URL and in logs,
        and it is the secret if somebody has swapped the two keys.

        :raise NotFoundError: if Mailjet does not list it
        """
        for row in self.apikeys():
            if row.key == self._api_key:
                return row
        raise NotFoundError("Mailjet does not list the key in use")

    def user(self):
        """Return the `User`; also the cheapest way to check the keys.

        https://dev.mailjet.com/email/reference/settings/user-preferences
        """
        return read_user(self.row("GET", "user"))

    # -- Messages and their events: https://dev.mailjet.com/email/reference/messages/ --

    def messages(self, **filters):
        """Yield each `Message`, with its recipient and its X-MJ-CustomID."""
        return map(read_message, self.iterate("message", **_SHOWN, **filters))

    def messages_of(self, custom_id, since):
        """Yield each `Message` that Mailjet accepted with this X-MJ-CustomID.

        :param datetime since: in UTC, included; earlier messages are left out
        """
        return self.messages(CustomID=custom_id, FromTS=query_date_from(since))

    def message_page(self, start, end, *, offset, limit):
        """Return one page of the `Message`s in a time window, oldest first.

        :param datetime start: in UTC, included
        :param datetime end: in UTC, included
        """
        window = {"FromTS": query_date_from(start), "ToTS": query_date(end)}
        page = self.page("message", offset, limit, **_SHOWN, **window)
        return list(map(read_message, page))

    def message_count(self, start, end):
        """Return how many messages there are in the window of `message_page`."""
        window = {"FromTS": query_date_from(start), "ToTS": query_date(end)}
        return self.count("message", **window)

    def latest_arrivals(self, since, limit):
        """Return when the latest messages that Mailjet lists arrived, latest first.

        :param datetime since: in UTC, included; earlier messages are left out
        """
        order = {"FromTS": query_date_from(since), "Sort": "ArrivedAt DESC"}
        messages = map(read_message, self.page("message", 0, limit, **order))
        return [message.arrived_at for message in messages if message.arrived_at]

    def message_history(self, message_id):
        """Return the `HistoryEvent`s of a message, oldest first."""
        path = path_of("messagehistory", message_id)
        # Ten rows unless more are asked for
        body = self.request("GET", path, {"Limit": const.API_PAGE_SIZE})
        return list(map(read_history_event, rows_of(body)))

    def callbacks(self):
        """Yield each `Callback` of the key.

        https://dev.mailjet.com/email/reference/webhook
        """
        return map(read_callback, self.iterate("eventcallbackurl"))

    def create_callback(self, event, url):
        """Have Mailjet post events of one type to a URL, several in one post.

        :param str event: one of const.EVENT_TYPES
        :raise InvalidError: `is_duplicate` if this type already has one
        """
        body = {"EventType": event, "Url": url, "Version": 2, "IsBackup": False}
        self.request("POST", "eventcallbackurl", json=body)

    def update_callback(self, callback_id, url):
        """Have the events posted to another URL; also resumes a suspended callback."""
        body = {"Url": url, "Version": 2, "Status": "alive"}
        self.request("PUT", path_of("eventcallbackurl", callback_id), json=body)

    def delete_callback(self, callback_id):
        """Stop posting these events."""
        self.request("DELETE", path_of("eventcallbackurl", callback_id))

    # -- Contacts: https://dev.mailjet.com/email/reference/contacts/contact/ -----------

    def excluded_contact_page(self, offset, limit=const.API_PAGE_SIZE):
        """Return one page of the `Contact`s that campaigns exclude, by ascending id.

        :raise UnexpectedAnswerError: also if one is not excluded: Mailjet then ignored
            the filter and is listing all contacts
        """
        rows = self.page("contact", offset, limit, **_EXCLUDED, Sort="ID")
        contacts = list(map(read_contact, rows))
        if not all(contact.is_excluded for contact in contacts):
            raise UnexpectedAnswerError("Mailjet sent contacts that are not excluded")
        return contacts

    def excluded_contact_count(self):
        """Return how many contacts campaigns exclude."""
        return self.count("contact", **_EXCLUDED)

    def contact(self, id_or_email):
        """Return one `Contact`.

        :raise NotFoundError: if Mailjet does not know the address
        """
        return read_contact(self.row("GET", path_of("contact", id_or_email)))

    def set_exclusion(self, id_or_email, is_excluded):
        """Exclude a contact from all campaigns, or include it again.

        :return: the `Contact` as it is now, None if nothing changed
        :raise NotFoundError: if Mailjet does not know the address
        """
        body = {"IsExcludedFromCampaigns": is_excluded}
        answer = self.request("PUT", path_of("contact", id_or_email), json=body)
        return answer and read_contact(first_row(answer))

    def create_contact(self, email, is_excluded):
        """Create a contact and return the `Contact`.

        :raise InvalidError: `is_duplicate` if it exists
        """
        body = {"Email": email, "IsExcludedFromCampaigns": is_excluded}
        return read_contact(self.row("POST", "contact", json=body))
