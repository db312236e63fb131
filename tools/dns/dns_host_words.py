"""How DNS panels want their records, in words.

Values: name (relative to the zone), zone, value, host (the company).
"""

from ..words import _lt

NAME_RELATIVE = _lt(
    "Enter the name as %(name)s: the panel adds %(zone)s automatically."
)
APEX_AT = _lt("Enter @ as the name.")
APEX_EMPTY = _lt("Leave the name empty.")
TRAILING_DOT = _lt("Put a dot at the end of the target: %(value)s.")
QUOTES_REQUIRED = _lt("Put the value in double quotes.")
QUOTES_NEVER = _lt("Enter the value without quotes.")
LONG_AUTOMATIC = _lt("Paste the value in one piece: the panel splits it automatically.")
LONG_BY_HAND = _lt(
    "The value is too long for one string: enter it in pieces of at most 255 "
    "characters, each in double quotes."
)
PROXY_OFF = _lt("Set the proxy to “DNS only”.")

OVH_TXT = _lt(
    "Choose the record type TXT: the panel's own forms for SPF, DKIM and DMARC change "
    "the value."
)
GODADDY_DMARC = _lt(
    "The panel may have created a DMARC record already: edit it, as there must be only "
    "one."
)
IONOS_DMARC = _lt(
    "If the panel has created a CNAME record at this name, delete it first."
)
NAMECHEAP_MX = _lt("MX records are under “Mail settings” on the same page.")
INFOMANIAK_DKIM = _lt(
    "If the record does not show up, check whether the panel manages _domainkey as "
    "a separate zone."
)
STRATO_SPF = _lt("Turn the panel's own SPF rule off first.")
ROUTE53_TXT = _lt(
    "TXT records with the same name are lines of one record there: edit or add a line."
)
AZURE_SET = _lt(
    "Records with the same name and type are lines of one record set there: edit or "
    "add a line."
)
WIX_ZONE = _lt("Records of subdomains belong in the zone of the main domain.")
ASK_OWNER = _lt(
    "%(host)s often runs DNS for another company, such as Netlify: enter the "
    "record where the zone is managed."
)
SITE_BUILDER = _lt(
    "This is a website builder: if it refuses names with an underscore, move the DNS "
    "of the domain to another host."
)
PARKED = _lt(
    "The domain is parked, which means it is not in use: its DNS has to move to "
    "another host first."
)
