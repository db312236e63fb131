"""What the new code expects of old data."""

from odoo import SUPERUSER_ID, api

from odoo.addons.mail_mailjet.const import MESSAGE_STATES, UNTRIED_STATES
from odoo.addons.mail_mailjet.models.sending.claims import IN_FLIGHT
from odoo.addons.mail_mailjet.tools.mailjet.delivery_failure import reason_code
from odoo.addons.mail_mailjet.tools.mailjet.event import event_key
from odoo.addons.mail_mailjet.tools.mailjet.link import without_values


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    settle_mails_in_doubt(env)
    remove_values_of_links(env)
    correct_imported_bounces(env)
    store_failures_of_mailings(env)


def settle_mails_in_doubt(env):
    """Have Mailjet asked whether it has the mails that may have been sent.

    They used to wait for their next try. Now they are in flight, as after any hand-over
    that got no answer.
    """
    env.cr.execute("SELECT id, write_date FROM mail_mail WHERE mailjet_is_uncertain")
    for mail_id, written_on in env.cr.fetchall():
        mail = env["mail.mail"].browse(mail_id)
        if mail.state != "outgoing":
            continue
        mail.write(
            {
                **mail._mailjet_late_claim(mail.mailjet_first_try),
                "state": IN_FLIGHT,
                "mailjet_waits_for": False,
                "mailjet_uncertain_on": written_on,
            }
        )


def remove_values_of_links(env):
    """Forget what may open an order or reset a password."""
    last_id = 0
    while rows := links_after(env.cr, last_id):
        last_id = rows[-1][0]
        store_links(env.cr, rows)
    # Copies of the same, made when somebody opened them
    env.cr.execute("DELETE FROM mailjet_timeline")


def links_after(cr, event_id):
    """Return the next events that have a link: (id, link, link in the payload)."""
    cr.execute(
        """
        SELECT id, url, payload ->> 'url' FROM mailjet_event
         WHERE id > %s AND (url > '' OR payload ->> 'url' > '')
         ORDER BY id LIMIT 10000
        """,
        [event_id],
    )
    return cr.fetchall()


def store_links(cr, rows):
    cr.execute_values(
        """
        UPDATE mailjet_event AS event
           SET url = row.url,
               payload = COALESCE(
                   jsonb_set(event.payload, '{url}', to_jsonb(row.posted)),
                   event.payload)
          FROM (VALUES %s) AS row (id, url, posted)
         WHERE event.id = row.id
        """,
        [(one, without_values(url), without_values(sent)) for one, url, sent in rows],
    )


def correct_imported_bounces(env):
    """Turn imported blocks into the bounces that they are: their address was blocked.

    Those that Mailjet has also posted are deleted, as they are there already.
    """
    untried = [reason_code(error=MESSAGE_STATES[one]) for one in UNTRIED_STATES]
    env.cr.execute(
        """
        SELECT id, server_id, mailjet_message_id, date FROM mailjet_event
         WHERE event = 'blocked' AND report_key IS NOT NULL
           AND failure_reason NOT IN %s AND failure_reason != 'none'
        """,
        [tuple(untried)],
    )
    for event_id, server_id, message_id, date in env.cr.fetchall():
        key = event_key("bounce", message_id or "", date)
        env.cr.execute(
            """
            DELETE FROM mailjet_event AS event
             WHERE id = %s AND EXISTS (SELECT FROM mailjet_event AS posted
                                        WHERE posted.server_id = %s
                                          AND posted.key = %s)
            """,
            [event_id, server_id, key],
        )
        env.cr.execute(
            "UPDATE mailjet_event SET event = 'bounce', key = %s WHERE id = %s",
            [key, event_id],
        )


def store_failures_of_mailings(env):
    """Store how failed emails of mailings failed, and have all daily sums rebuilt.

    Screens read that from the events; now it is stored beside the status.
    """
    env.cr.execute(
        """
        UPDATE mailing_trace AS trace
           SET mailjet_failure =
               CASE WHEN trace.trace_status = 'bounce' THEN 'hard'
                    WHEN EXISTS (SELECT FROM mailjet_event AS event
                                  WHERE event.trace_id = trace.id
                                    AND event.event = 'blocked') THEN 'blocked'
                    ELSE 'soft' END
         WHERE trace.trace_status IN ('error', 'bounce')
           AND trace.mailjet_status = trace.trace_status
        """
    )
    env.cr.execute(
        """
        INSERT INTO mailjet_statistic_stale (server_id, date)
        SELECT DISTINCT server_id, date FROM mailjet_statistic
        """
    )
    env.ref("mail_mailjet.ir_cron_refresh_statistics")._trigger()
