"""The recipients of a mailing, counted in the database."""

from collections import Counter
from functools import cached_property

from odoo.tools import SQL

from ...tools.address import address_key
from ...tools.message.imprint import COUNTRIES
from ...tools.message.lists import DANGEROUS_ROLES, ROLES
from ...tools.message.recipient_findings import Recipients
from ...tools.message.recipients import corrections

# What stands for the address in a field that may hold a name, too
_ADDRESS = '[^\\s<>,;"]+@[^\\s<>,;"]+'
# Recipients among which the samples are chosen
CANDIDATES = 25


class RecipientTable:
    """A temporary table with an address for each recipient, and what is known of it.

    A few statements, whatever the number of recipients. The caller rolls it back.

    :param mailing: with superuser rights
    :param server: the Mailjet server
    :param list res_ids: ids of the recipients' records
    """

    def __init__(self, mailing, server, res_ids):
        self._mailing = mailing
        self._server = server
        self._cr = mailing.env.cr
        mailing.env.flush_all()
        self._fill(res_ids)
        self._unify_spellings()
        self._mark()

    # ------------------------------------------------------------------
    # Filling
    # ------------------------------------------------------------------

    def _fill(self, res_ids):
        model = self._mailing.env[self._mailing.mailing_model_real]
        self._cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE mailjet_check_recipient ON COMMIT DROP AS
                SELECT record.id, NULLIF(lower(%(address)s), '') AS key,
                       false AS is_blocked, false AS is_out, false AS is_suppressed
                  FROM %(table)s record %(join)s
                 WHERE record.id = ANY(%(ids)s)
                """,
                address=_address_sql(model),
                table=SQL.identifier(model._table),
                join=_join_sql(model),
                ids=list(res_ids),
            )
        )

    def _unify_spellings(self):
        """Write the few addresses that have several spellings in the one form."""
        self._cr.execute(
            "SELECT id, key FROM mailjet_check_recipient "
            "WHERE key ~ '[^ -~]' OR key LIKE '%@%xn--%'"
        )
        odd = {id_: address_key(key) for id_, key in self._cr.fetchall()}
        if odd:
            self._cr.execute(
                """
                UPDATE mailjet_check_recipient recipient SET key = odd.key
                  FROM unnest(%s, %s) AS odd (id, key) WHERE odd.id = recipient.id
                """,
                [list(odd), list(odd.values())],
            )

    def _mark(self):
        """Note who will not get the mailing, and why."""
        blocked = SQL(
            "EXISTS (SELECT FROM mail_blacklist b WHERE b.active "
            "AND b.mailjet_key = recipient.key)"
        )
        self._cr.execute(
            SQL(
                """
                UPDATE mailjet_check_recipient recipient
                   SET is_blocked = %(blocked)s, is_out = %(out)s,
                       is_suppressed = EXISTS (
                           SELECT FROM mailjet_suppression s
                            WHERE s.active AND s.server_id = %(server)s
                              AND s.email = recipient.key
                       ) OR EXISTS (
                           SELECT FROM mailjet_exclusion e
                            WHERE e.is_excluded AND e.server_id = %(server)s
                              AND e.email = recipient.key
                       )
                 WHERE key IS NOT NULL
                """,
                blocked=blocked if self._mailing.use_exclusion_list else SQL("false"),
                out=self._opted_out_sql(),
                server=self._server.id,
            )
        )

    def _opted_out_sql(self):
        if not self._mailing._mailjet_is_to_lists():
            emails = [address_key(one) for one in self._mailing._get_opt_out_list()]
            return SQL("recipient.key = ANY(%s)", emails) if emails else SQL("false")
        # Who is still on one of the lists gets it
        return SQL(
            """recipient.key IN (
                SELECT contact.email_normalized
                  FROM mailing_subscription subscription
                  JOIN mailing_contact contact ON contact.id = subscription.contact_id
                 WHERE subscription.list_id = ANY(%s)
                   AND contact.email_normalized IS NOT NULL
                 GROUP BY contact.email_normalized
                HAVING bool_and(subscription.opt_out IS TRUE)
            )""",
            self._mailing.contact_list_ids.ids,
        )

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    def counts(self, domains, visible=None):
        """Return the `Recipients`.

        :param domains: the model that knows which domains accept mail
        :param visible: returns those of some ids whose addresses may be told; by
            default all
        """
        figures = dict(self._figures)
        figures.pop("reachable")
        counts = self.domains
        errors = corrections(counts)
        known = domains._known(counts)
        return Recipients(
            **figures,
            dangerous=self._dangerous(visible),
            typing_errors={name: (errors[name], counts[name]) for name in errors},
            without_mail={
                name: counts[name]
                for name, takes_mail in known.items()
                if takes_mail is False and name not in errors
            },
            unknown_domains=len(set(counts) - set(known)),
            imprint_countries=sum(
                number for name, number in counts.items() if name.endswith(COUNTRIES)
            ),
        )

    @cached_property
    def _figures(self):
        self._cr.execute(
            SQL(
                """
                SELECT count(*) AS total,
                       count(*) FILTER (WHERE key IS NULL) AS unusable,
                       count(*) FILTER (WHERE is_blocked) AS blocked,
                       count(*) FILTER (WHERE is_out) AS opted_out,
                       count(*) FILTER (WHERE is_suppressed) AS suppressed,
                       count(key) - count(DISTINCT key) AS repeated,
                       count(*) FILTER (WHERE split_part(key, '@', 1) = ANY(%(roles)s))
                           AS roles,
                       count(DISTINCT key) FILTER (WHERE %(reachable)s) AS reachable
                  FROM mailjet_check_recipient
                """,
                roles=sorted(ROLES),
                reachable=_REACHABLE,
            )
        )
        [figures] = self._cr.dictfetchall()
        return figures

    def reachable_count(self):
        """Return how many addresses will get the mailing."""
        return self._figures["reachable"]

    def _dangerous(self, visible):
        self._cr.execute(
            """
            SELECT key, count(*), min(id) FROM mailjet_check_recipient
             WHERE split_part(key, '@', 1) = ANY(%s)
             GROUP BY key ORDER BY count(*) DESC, key
            """,
            [sorted(DANGEROUS_ROLES)],
        )
        rows = self._cr.fetchall()
        ids = [id_ for _key, _count, id_ in rows]
        shown = set(ids if visible is None else visible(ids).ids)
        found = Counter()
        for key, count, id_ in rows:
            found[key if id_ in shown else f"{key.partition('@')[0]}@…"] += count
        return dict(found)

    @cached_property
    def domains(self):
        """The domains of the recipients -> their number, the largest first."""
        self._cr.execute(
            """
            SELECT split_part(key, '@', 2) AS domain, count(*)
              FROM mailjet_check_recipient WHERE key LIKE '%_@_%'
             GROUP BY domain ORDER BY count(*) DESC, domain
            """
        )
        return dict(self._cr.fetchall())

    def candidates(self):
        """Return ids of recipients who will get it, spread over all of them."""
        self._cr.execute(
            SQL(
                """
                SELECT min(id) FROM (
                    SELECT id, ntile(%s) OVER (ORDER BY id) AS part
                      FROM (
                        SELECT min(id) AS id FROM mailjet_check_recipient
                         WHERE %s GROUP BY key
                      ) AS each
                ) AS parts GROUP BY part ORDER BY part
                """,
                CANDIDATES,
                _REACHABLE,
            )
        )
        return [id_ for (id_,) in self._cr.fetchall()]


_REACHABLE = SQL(
    "key IS NOT NULL AND NOT is_blocked AND NOT is_out AND NOT is_suppressed"
)


def _column(model, name):
    """Return whether a field is a column of the model's own table."""
    field = model._fields.get(name)
    return bool(field and field.store and field.column_type and not field.inherited)


def _own_email(model):
    """Return the column with the address of a record itself; empty without one."""
    names = ("email_normalized", model._mail_get_primary_email_field() or "", "email")
    return next((name for name in names if name and _column(model, name)), "")


def _address_sql(model):
    """Return the address of a record as SQL."""
    name = _own_email(model)
    if name == "email_normalized":
        return SQL("record.email_normalized")
    if name:
        return SQL("substring(record.%s from %s)", SQL.identifier(name), _ADDRESS)
    return (
        SQL("partner.email_normalized") if _column(model, "partner_id") else SQL("''")
    )


def _join_sql(model):
    if _own_email(model) or not _column(model, "partner_id"):
        return SQL("")
    return SQL("LEFT JOIN res_partner partner ON partner.id = record.partner_id")
