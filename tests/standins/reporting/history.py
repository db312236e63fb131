"""A large generated history that stores almost nothing.

Messages, contacts and list members are numbered from 0; their values follow from their
number and from a few numbers per campaign.
"""

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

FIRST_NAMES = (
    "Alice Amine Anna Bruno Chloe Clara David Elena Emma Felix Hugo Ines Jonas Julie"
    " Karim Laura Leo Lina Louis Lucas Manon Marco Maria Nina Noah Olga Paul Rosa"
    " Samir Sofia Theo Zoe"
).split()
LAST_NAMES = (
    "Bernard Bianchi Costa Dubois Durand Fischer Garcia Haddad Jansen Keller Lambert"
    " Leroy Lopez Martin Meyer Moreau Novak Petit Rossi Schmidt Silva Simon Weber"
).split()
# Percentage of contacts at each domain; the domains are reserved (RFC 6761)
DOMAINS = (
    ("gmail.example", 38),
    ("outlook.example", 20),
    ("yahoo.example", 12),
    ("orange.example", 9),
    ("gmx.example", 7),
    ("icloud.example", 6),
    ("company.example", 8),
)
_DOMAIN_OF_HUNDRED = [name for name, share in DOMAINS for _ in range(share)]
_SIGN_UP_SECONDS = 400 * 86_400


@dataclass
class History:
    """How many of each there are, and the numbers that all values follow from.

    Campaign c sends the messages from firsts[c] to firsts[c + 1], the first of them at
    starts[c] and evenly for `seconds`, to as many contacts from offsets[c] on.
    """

    begin: int  # Unix seconds
    contact_count: int
    list_ids: list[int]
    first_campaign: int  # handle of the first campaign; the others follow it
    first_message_id: int
    first_contact_id: int
    first_recipient_id: int
    firsts: array
    starts: array
    offsets: array
    seconds: int
    status: bytearray  # of each message, an index in MESSAGE_STATUSES
    states: bytearray  # of each message: why it failed
    delivered: array  # messages of each contact
    active: array  # last activity of each contact, Unix seconds

    # -- Messages --------------------------------------------------------------------

    # The steps in which Mailjet's message ids increase
    # https://github.com/mailjet/mailjet-apiv3-php-simple/issues/75
    ID_STEP = 1000

    @property
    def message_count(self) -> int:
        return self.firsts[-1]

    def message_id(self, number: int) -> int:
        return self.first_message_id + number * self.ID_STEP

    def message_of(self, message_id: int) -> int | None:
        """The number of the message with that id, None if it is not in the history."""
        number, rest = divmod(message_id - self.first_message_id, self.ID_STEP)
        return number if not rest and 0 <= number < self.message_count else None

    def campaign_of(self, number: int) -> int:
        """The number, not the handle, of a message's campaign."""
        return bisect_right(self.firsts, number) - 1

    def arrived(self, number: int) -> int:
        return self.arrived_in(self.campaign_of(number), number)

    def arrived_in(self, campaign: int, number: int) -> int:
        first = self.firsts[campaign]
        size = self.firsts[campaign + 1] - first
        return self.starts[campaign] + (number - first) * self.seconds // size

    def contact_of(self, number: int) -> int:
        return self.contact_in(self.campaign_of(number), number)

    def contact_in(self, campaign: int, number: int) -> int:
        place = self.offsets[campaign] + number - self.firsts[campaign]
        return place % self.contact_count

    def arrived_after(self, moment: float) -> int:
        """The number of the first message that arrived later than that."""
        return bisect_right(range(self.message_count), moment, key=self.arrived)

    def arrived_from(self, moment: float, campaign: int) -> int:
        """The number of a campaign's first message that arrived then or later."""
        return bisect_left(
            range(self.firsts[campaign + 1]),
            moment,
            lo=self.firsts[campaign],
            key=lambda number: self.arrived_in(campaign, number),
        )

    # -- Contacts --------------------------------------------------------------------

    def contact_name(self, number: int) -> str:
        first = FIRST_NAMES[number % len(FIRST_NAMES)]
        return f"{first} {LAST_NAMES[number * 7 % len(LAST_NAMES)]}"

    def contact_domain(self, number: int) -> str:
        return _DOMAIN_OF_HUNDRED[number * 37 % 100]

    def contact_email(self, number: int) -> str:
        name = self.contact_name(number).lower().replace(" ", ".")
        return f"{name}.{number}@{self.contact_domain(number)}"

    def contact_with(self, email: str) -> int | None:
        """The number of the contact with that address."""
        digits = email.partition("@")[0].rpartition(".")[2]
        number = int(digits) if digits.isascii() and digits.isdecimal() else -1
        known = 0 <= number < self.contact_count
        return number if known and self.contact_email(number) == email else None

    def contact_created(self, number: int) -> int:
        left = (self.contact_count - number) * _SIGN_UP_SECONDS // self.contact_count
        return self.begin - left

    def is_excluded(self, number: int) -> bool:
        return number % 97 == 13

    # -- List members: each contact is in one list, every third in a second one --------

    @property
    def recipient_count(self) -> int:
        if len(self.list_ids) < 2:
            return self.contact_count * len(self.list_ids)
        return self.contact_count + (self.contact_count + 2) // 3

    def recipient_contact(self, number: int) -> int:
        if number < self.contact_count:
            return number
        return (number - self.contact_count) * 3

    def recipient_list(self, number: int) -> int:
        """The id of the list."""
        contact = self.recipient_contact(number)
        second = number >= self.contact_count
        return self.list_ids[(contact + second) % len(self.list_ids)]
