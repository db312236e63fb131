import time

from odoo import models

from ...tools.mailjet.errors import InvalidError, MailjetApiError, NotFoundError
from ...tools.mailjet.exclusion_merge import DIRECTIONS, MAILJET, ODOO

# Addresses per step, each of which takes at most three requests
STEP = 100
# Seconds for which a step may look up, and then write, before it stores its results
LONGEST = 30.0


class MailjetExclusionSync(models.Model):
    """The comparison: each step looks up, decides, commits, then writes to Mailjet.

    What is about to be written is committed first, so that after an interruption our
    own changes can be distinguished from those that people made.
    """

    _inherit = "mailjet.exclusion.sync"

    def _compare_some(self, client):
        """Compare the next addresses, and make both sides agree.

        :raise MailjetApiError: what stopped it, after storing what was done
        """
        direction = self.server_id.mailjet_exclusion_direction
        emails = self.env["mailjet.exclusion"]._next_emails(
            self.server_id,
            self.reading,
            self.after,
            with_blocked=MAILJET in DIRECTIONS[direction],
            limit=STEP,
        )
        if not emails:
            self._end()
            return
        emails, contacts, error = self._look_up(client, emails)
        exclusions = self._keep_contacts(emails, contacts)
        plan = self._decide(exclusions, direction)
        self.env["ir.cron"]._commit_progress()
        error = self._write_to_mailjet(client, plan) or error
        if emails and not any(exclusions.mapped("begun")):
            self.after = emails[-1]
        if error:
            raise error

    # ------------------------------------------------------------------
    # Look up, before anything is written
    # ------------------------------------------------------------------

    def _look_up(self, client, emails):
        """Ask Mailjet about the addresses that were not in its list.

        :return tuple: the addresses handled; a dict of those asked about: address ->
            `Contact`, None if unknown to Mailjet, InvalidError if refused; the error
            that stopped it, or None
        """
        known = self._exclusions_of(emails).grouped("email")
        done, contacts = [], {}
        until = time.monotonic() + LONGEST
        for email in emails:
            if time.monotonic() > until:
                break
            exclusion = known.get(email)
            if not exclusion or exclusion._has_to_be_looked_up(self.reading):
                try:
                    contacts[email] = client.contact(email)
                except NotFoundError:
                    contacts[email] = None
                except InvalidError as error:
                    contacts[email] = error
                except MailjetApiError as error:
                    return done, contacts, error
            done.append(email)
        return done, contacts, None

    def _exclusions_of(self, emails):
        return self.env["mailjet.exclusion"].search(
            [("server_id", "=", self.server_id.id), ("email", "in", emails)]
        )

    def _keep_contacts(self, emails, contacts):
        """Store Mailjet's answers; return the exclusions that can be decided on."""
        exclusions = self._exclusions_of(emails)
        missing = set(emails) - set(exclusions.mapped("email"))
        exclusions += exclusions.create(
            [
                {"server_id": self.server_id.id, "email": email}
                for email in sorted(missing)
            ]
        )
        refused = exclusions.browse()
        for exclusion in exclusions.filtered(lambda one: one.email in contacts):
            contact = contacts[exclusion.email]
            if isinstance(contact, InvalidError):
                exclusion._leave_refused(contact)
                refused += exclusion
            else:
                exclusion._note_contact(contact)
        return exclusions - refused

    # ------------------------------------------------------------------
    # Decide, and write to Odoo
    # ------------------------------------------------------------------

    def _decide(self, exclusions, direction):
        """Make the changes in Odoo, and mark those to make at Mailjet.

        :return dict: marked exclusion -> date and reason of the change in Odoo
        """
        emails = exclusions.mapped("email")
        blacklist = self.env["mail.blacklist"]
        entries = blacklist._mailjet_by_key(emails)
        elsewhere = self._excluded_elsewhere(emails)
        to_odoo = {True: exclusions.browse(), False: exclusions.browse()}
        to_mailjet = {}
        for exclusion in exclusions:
            email = exclusion.email
            own = entries.get(email, blacklist.browse())
            decision = exclusion._decide(own, direction, email in elsewhere)
            if decision.write == ODOO:
                to_odoo[decision.is_excluded] += exclusion
            elif decision.write == MAILJET:
                exclusion.begun = "excluded" if decision.is_excluded else "allowed"
                to_mailjet[exclusion] = own
            elif decision.held_by:
                exclusion._leave_held(decision.held_by)
            else:
                exclusion._settle_alike(decision.is_excluded, own)
        self._write_to_odoo(to_odoo)
        reasons = blacklist.union(*to_mailjet.values())._mailjet_reasons()
        return {
            exclusion: (
                own._mailjet_since(),
                next(filter(None, map(reasons.get, own.ids)), None),
            )
            for exclusion, own in to_mailjet.items()
        }

    def _excluded_elsewhere(self, emails):
        """Return which of these are excluded by another account that writes to Odoo."""
        others = self.env["ir.mail_server"]._mailjet_with_exclusions() - self.server_id
        feeding = others.filtered(
            lambda server: ODOO in DIRECTIONS[server.mailjet_exclusion_direction]
        )
        found = self.env["mailjet.exclusion"].search(
            [
                ("server_id", "in", feeding.ids),
                ("email", "in", emails),
                ("is_excluded", "=", True),
            ]
        )
        return set(found.mapped("email"))

    def _write_to_odoo(self, changes):
        """Block and unblock addresses in Odoo.

        :param dict changes: True -> exclusions to block, False -> exclusions to unblock
        """
        for is_blocked, exclusions in changes.items():
            if exclusions:
                reasons = {
                    one.email: one._translate_words(one._reason_at_mailjet())
                    for one in exclusions
                }
                entries = self.env["mail.blacklist"]._mailjet_set(is_blocked, reasons)
                entries = entries.grouped("mailjet_key")
                for one in exclusions:
                    one._settle_from_mailjet(is_blocked, entries[one.email])
                self.to_odoo_count += len(exclusions)

    # ------------------------------------------------------------------
    # Write to Mailjet
    # ------------------------------------------------------------------

    def _write_to_mailjet(self, client, plan):
        """Make the marked changes at Mailjet, then store the outcome.

        :param dict plan: exclusion -> date and reason of the change in Odoo
        :return: the error that stopped it, or None
        """
        answers, stopped_by = {}, None
        until = time.monotonic() + LONGEST
        for exclusion in plan:
            if answers and time.monotonic() > until:
                break
            try:
                answers[exclusion] = self._write_one(client, exclusion)
            except InvalidError as error:
                answers[exclusion] = error
            except MailjetApiError as error:
                stopped_by = error
                break
        for exclusion, answer in answers.items():
            if isinstance(answer, InvalidError):
                exclusion._leave_refused(answer)
            else:
                exclusion._settle_from_odoo(answer, *plan[exclusion])
                self.to_mailjet_count += 1
        return stopped_by

    def _write_one(self, client, exclusion):
        """Exclude an address at Mailjet, creating its contact if needed, or include it.

        :return: the `Contact`, or None if nothing had to change
        """
        email, is_excluded = exclusion.email, exclusion.begun == "excluded"
        if not exclusion.is_unknown:
            try:
                return client.set_exclusion(email, is_excluded)
            except NotFoundError:
                if not is_excluded:
                    return None
        try:
            contact = client.create_contact(email, is_excluded)
        except InvalidError as error:
            if not error.is_duplicate:
                raise
            return client.set_exclusion(email, is_excluded)
        if contact.is_excluded != is_excluded:
            return client.set_exclusion(contact.id, is_excluded)
        return contact
