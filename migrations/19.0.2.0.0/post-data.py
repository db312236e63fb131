"""What the new code expects of old data."""

from odoo import SUPERUSER_ID, api

from odoo.addons.mail_mailjet.models.sending.claims import IN_FLIGHT
from odoo.addons.mail_mailjet.tools.mailjet.link import without_values


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    settle_mails_in_doubt(env)
    remove_values_of_links(env)
    tell_failures_apart(env)


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


def tell_failures_apart(env):
    """Know of failed emails of mailings how they failed, and renew the daily sums.

    Screens took that from the events; now it is beside the status that events set.
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
