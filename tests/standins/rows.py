"""Rows of the stand-in's REST resources, with every field that Mailjet sends.

Shapes and defaults follow recorded answers of the live API. A missing date is "".
"""

import base64
import secrets
import zlib
from datetime import datetime, timezone
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

Row = dict[str, Any]


def timestamp(moment: datetime | None = None) -> str:
    """Return a date as Mailjet writes it: in UTC, to the second."""
    moment = moment or datetime.now(timezone.utc)
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_apikey(row_id: int, name: str, *, is_master: bool) -> Row:
    """Return the row of a key; the key and its secret are added when it is read."""
    return {
        "ACL": "",
        "CreatedAt": timestamp(),
        "ID": row_id,
        "IsActive": True,
        "IsMaster": is_master,
        "Name": name,
        "QuarantineValue": 0,
        "RegionID": 0,
        "Runlevel": "Normal",
        "Skipspamd": 1,
        "TrackHost": "r.mailjet.com",
        "UserID": 1,
    }


def new_user() -> Row:
    return {
        "ACL": "",
        "CreatedAt": timestamp(),
        "Email": "owner@example.com",
        "FirstIp": "192.0.2.1",
        "ID": 1,
        "LastIp": "192.0.2.1",
        "LastLoginAt": "",
        "Locale": "en_US",
        "MaxAllowedAPIKeys": 5,
        "Timezone": "Europe/Paris",
        "Username": "Owner of the stand-in",
        "WarnedRatelimitAt": "",
    }


def new_profile() -> Row:
    empty = (
        "AddressCity AddressPostalCode AddressState AddressStreet BillingEmail"
        " BirthdayAt CompanyNumOfEmployees ContactPhone Features Industry JobTitle"
        " VATNumber"
    )
    return {
        **dict.fromkeys(empty.split(), ""),
        "AddressCountry": "FR",
        "CompanyName": "Stand-in Company",
        "EstimatedVolume": 6000,
        "Firstname": "Olivia",
        "ID": 1,
        "Lastname": "Owner",
        "UserID": 1,
        "VAT": 0,
        "Website": "https://www.example.com",
    }


def new_sender(
    row_id: int, address: str, name: str, email_type: str, dns_id: int, filename: str
) -> Row:
    return {
        "CreatedAt": timestamp(),
        "DNSID": dns_id,
        "Email": address,
        "EmailType": email_type,
        "Filename": filename,
        "ID": row_id,
        "IsDefaultSender": False,
        "Name": name,
        "Status": "Inactive",
    }


def new_domain(row_id: int, domain: str, dkim_bits: int) -> Row:
    """Return what a domain should publish: full names with a final dot."""
    token = secrets.token_hex(16)
    return {
        "DKIMRecordName": f"mailjet._domainkey.{domain}.",
        "DKIMRecordValue": f"k=rsa; p={_public_key(dkim_bits)}",
        "DKIMStatus": "Not Checked",
        "Domain": domain,
        "ID": row_id,
        "IsCheckInProgress": False,
        "LastCheckAt": "",
        "OwnerShipToken": token,
        "OwnerShipTokenRecordName": f"mailjet._{token[:8]}.{domain}.",
        "SPFRecordValue": "v=spf1 include:spf.mailjet.com ?all",
        "SPFStatus": "Not Checked",
    }


def _public_key(bits: int) -> str:
    """Return a well-formed public key. It signs nothing, so it needs no primes."""
    modulus = secrets.randbits(bits) | 1 << (bits - 1) | 1
    key = rsa.RSAPublicNumbers(65537, modulus).public_key()
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


def new_contact(row_id: int, address: str, name: str = "") -> Row:
    return {
        "CreatedAt": timestamp(),
        "DeliveredCount": 0,
        "Email": address,
        "ExclusionFromCampaignsUpdatedAt": "",
        "ID": row_id,
        "IsExcludedFromCampaigns": False,
        "IsOptInPending": False,
        "IsSpamComplaining": False,
        "LastActivityAt": "",
        "LastUpdateAt": "",
        "Name": name,
        "UnsubscribedAt": "",
        "UnsubscribedBy": "",
    }


def campaign_id_of(name: str) -> int:
    """Return the id of a campaign, 0 for emails without one."""
    return 7_653_742_672 + zlib.crc32(name.encode()) if name else 0


def new_callback(row_id: int, apikey_id: int, event: str, url: str) -> Row:
    return {
        "APIKeyID": apikey_id,
        "EventType": event,
        "ID": row_id,
        "IsBackup": False,
        "Status": "alive",
        "Url": url,
        "Version": 1,
    }


def new_campaign(row_id: int, custom_value: str, start: str) -> Row:
    """Return a sent campaign; callers add links (sender, list, segment, workflow).

    Shape: a recorded answer of 2021, and lib/types/api/Campaign.ts of the Node SDK
    """
    return {
        "CampaignType": 2,
        "ClickTracked": 1,
        "CreatedAt": start,
        "CustomValue": custom_value,
        "FirstMessageID": 0,
        "FromEmail": "news@company.example",
        "FromName": "Company",
        "HasHtmlCount": 1,
        "HasTxtCount": 1,
        "ID": row_id,
        "IsDeleted": False,
        "IsStarred": False,
        "NewsLetterID": 0,
        "OpenTracked": 1,
        "SendEndAt": start,
        "SendStartAt": start,
        "SpamassScore": 0,
        "Status": 0,
        "Subject": "",
        "UnsubscribeTrackedCount": 0,
    }


def new_overview(row_id: int, id_type: str, title: str, status: int) -> Row:
    """Return a row of /campaignoverview.

    Shape: fields of the API's own metadata; no recorded row was found.
    """
    return {
        "ClickedCount": 0,
        "DeliveredCount": 0,
        "EditMode": "tool2",
        "EditType": "full",
        "ID": row_id,
        "IDType": id_type,
        "OpenedCount": 0,
        "ProcessedCount": 0,
        "SendTimeStart": 0,
        "Starred": False,
        "Status": status,
        "Subject": title,
        "Title": title,
    }


def new_list(row_id: int, name: str, created: str) -> Row:
    return {
        # Nine characters, before @lists.mailjet.com
        "Address": f"l{row_id:08x}"[-9:],
        "CreatedAt": created,
        "ID": row_id,
        "IsDeleted": False,
        "Name": name,
        "SubscriberCount": 0,
    }


def new_recipient(row_id: int, list_id: int, contact_id: int, subscribed: str) -> Row:
    return {
        "ContactID": contact_id,
        "ID": row_id,
        "IsActive": True,
        "IsUnsubscribed": False,
        "ListID": list_id,
        "SubscribedAt": subscribed,
        "UnsubscribedAt": "",
    }


def new_segment(row_id: int, name: str, status: str) -> Row:
    return {
        "Description": "",
        "Expression": "((not hasclickedsince(7)))",
        "ID": row_id,
        "Name": name,
        "Status": status,
    }
