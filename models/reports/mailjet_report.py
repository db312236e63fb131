from datetime import datetime, time

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.report import counter_rule
from ...tools.report.menu import EVENT_REPORTS, Choice, queries_for
from .mailjet_counter import RESOLUTIONS, SOURCES, TIMINGS

REPORTS = [
    ("bounce", "Bounce events"),
    ("click", "Click events"),
    ("open", "Open events"),
    ("contact", "Contacts"),
    ("contact_list", "Contact lists"),
    ("message", "Messages"),
    ("segment", "Segments"),
    ("campaign", "Sent campaigns"),
    ("counter", "Counters"),
]


class MailjetReport(models.Model):
    """An import profile: which of Mailjet's datasets to read, and how to filter it.

    mailjet_report_schedule.py says when it runs, mailjet_report_plan.py what a run
    reads, and mailjet_report_run.py how it starts and ends.
    """

    _name = "mailjet.report"
    _description = "Mailjet report"
    _order = "server_id, sequence, id"

    name = fields.Char(compute="_compute_name", store=True, readonly=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    server_id = fields.Many2one(
        "ir.mail_server",
        "Mailjet server",
        required=True,
        index=True,
        ondelete="cascade",
        domain=[("mailjet_purpose", "!=", False)],  # only Mailjet servers have one
        default=lambda self: self._default_server(),
    )
    report = fields.Selection(REPORTS, required=True, default="bounce")

    filter_type = fields.Selection(
        [
            ("all", "All campaigns"),
            ("campaign", "Campaigns and event dates"),
            ("list", "Contact lists and sending dates"),
        ],
        "Filter by",
        required=True,
        default="all",
    )
    campaign_ids = fields.Many2many("mailjet.campaign", string="Campaigns")
    contact_list_ids = fields.Many2many("mailjet.contact.list", string="Contact lists")
    sender_ids = fields.Many2many("mailjet.sender", string="Senders")
    deleted_lists = fields.Boolean("Include deleted lists")
    deleted_campaigns = fields.Boolean("Include deleted campaigns")
    newsletter_tool = fields.Boolean(
        "Include campaigns made with the newsletter tool", default=True
    )
    starred = fields.Boolean("Include starred campaigns", default=True)
    overview = fields.Boolean("Include archived campaigns, drafts and A/B tests")
    memberships = fields.Boolean("Include list memberships", default=True)
    segment_status = fields.Selection(
        [("used", "Used"), ("unused", "Unused"), ("deleted", "Deleted")], "Status"
    )

    counter_source = fields.Selection(
        SOURCES, "Counted for", required=True, default="APIKey"
    )
    counter_timing = fields.Selection(
        TIMINGS, "Counted by", required=True, default="Message"
    )
    counter_resolution = fields.Selection(
        RESOLUTIONS, "Resolution", required=True, default="Day"
    )
    # The options that go with the other choices, and why the rest do not
    counter_timings = fields.Json(compute="_compute_counter_rules")
    counter_resolutions = fields.Json(compute="_compute_counter_rules")
    counter_hint = fields.Char(compute="_compute_counter_rules")

    date_filter = fields.Selection(
        [
            ("last_run", "Since the last run"),
            ("since", "Since a date"),
            ("range", "Between two dates"),
        ],
        "Dates",
        required=True,
        default="last_run",
        help="The first run reads everything. Later runs read what is new, has changed "
        "or arrived late.",
    )
    date_from = fields.Date("From")
    date_to = fields.Date("To")
    update_mode = fields.Selection(
        [("append", "Append"), ("replace", "Replace")],
        "Update mode",
        required=True,
        default="append",
        help="Append: adds new rows and updates changed ones, and removes none.\n"
        "Replace: reads everything again, and removes rows of earlier runs that "
        "Mailjet no longer has.",
    )

    is_event_report = fields.Boolean(compute="_compute_menus")
    has_dates = fields.Boolean(compute="_compute_menus")

    @api.model
    def _default_server(self):
        return self.env["ir.mail_server"]._mailjet_of_companies()[:1]

    @api.depends("report", "server_id")
    def _compute_name(self):
        labels = dict(self._fields["report"]._description_selection(self.env))
        names = set(labels.values())
        for report in self:
            if not report.name or report.name in names:
                report.name = labels.get(report.report)

    @api.depends("report", "counter_resolution")
    def _compute_menus(self):
        for report in self:
            report.is_event_report = report.report in EVENT_REPORTS
            report.has_dates = (
                report.report in (*EVENT_REPORTS, "message", "campaign")
                or report.report == "counter"
                and report.counter_resolution != "Lifetime"
            )

    @api.depends("counter_source", "counter_timing", "counter_resolution")
    @api.depends_context("lang")
    def _compute_counter_rules(self):
        translate = self.env["mailjet.words"]._translate_words
        for report in self:
            source = report.counter_source
            timing, resolution = report.counter_timing, report.counter_resolution
            timings = {
                one: counter_rule.problem_of(source, one, resolution)
                for one in dict(TIMINGS)
            }
            resolutions = {
                one: counter_rule.problem_of(source, timing, one)
                for one in dict(RESOLUTIONS)
            }
            report.counter_timings = [k for k, why in timings.items() if not why]
            report.counter_resolutions = [
                k for k, why in resolutions.items() if not why
            ]
            why = {**timings, **resolutions}.values()
            sentences = {translate(one): True for one in why if one}
            report.counter_hint = " ".join(sentences)

    @api.onchange("counter_source")
    def _onchange_counter_source(self):
        """Choose a timing and a resolution that Mailjet has for this source."""
        if self.counter_source == "List":
            self.counter_resolution = "Lifetime"
        if self.counter_source in ("List", "Sender"):
            self.counter_timing = "Message"

    @api.constrains("report", "counter_source", "counter_timing", "counter_resolution")
    def _check_counters(self):
        for report in self:
            problem = report.report == "counter" and counter_rule.problem_of(
                report.counter_source, report.counter_timing, report.counter_resolution
            )
            if problem:
                words = self.env["mailjet.words"]
                raise ValidationError(words._translate_words(problem))

    @api.constrains("report", "counter_source", "campaign_ids", "contact_list_ids")
    def _check_sources(self):
        needed = {
            "Campaign": "campaign_ids",
            "List": "contact_list_ids",
            "Sender": "sender_ids",
        }
        for report in self:
            name = needed.get(report.counter_source)
            if report.report == "counter" and name and not report[name]:
                raise ValidationError(
                    self.env._(
                        "Choose what to count under “%(field)s”.",
                        field=report._fields[name]._description_string(self.env),
                    )
                )

    @api.constrains("report", "filter_type", "campaign_ids", "contact_list_ids")
    def _check_filter(self):
        for report in self.filtered("is_event_report"):
            if report.filter_type == "campaign" and not report.campaign_ids:
                raise ValidationError(
                    self.env._("Choose campaigns, or filter by “All campaigns”.")
                )
            if report.filter_type == "list" and not report.contact_list_ids:
                raise ValidationError(
                    self.env._("Choose contact lists, or filter by “All campaigns”.")
                )

    @api.constrains("date_filter", "date_from", "date_to")
    def _check_dates(self):
        for report in self.filtered("has_dates"):
            if report.date_filter != "last_run" and not report.date_from:
                raise ValidationError(self.env._("Enter a start date."))
            if report.date_filter == "range" and not report.date_to:
                raise ValidationError(self.env._("Enter an end date."))
            if report.date_filter == "range" and report.date_to < report.date_from:
                raise ValidationError(
                    self.env._("The end date is before the start date.")
                )

    # ------------------------------------------------------------------
    # Queries
    # ------------------------------------------------------------------

    def _choice(self):
        """Return the filters as a `Choice`."""
        self.ensure_one()
        return Choice(
            report=self.report,
            filter_type=self.filter_type,
            campaigns=tuple(
                one.mailjet_id for one in self.campaign_ids if one.kind == "sent"
            ),
            lists=tuple(self.contact_list_ids.mapped("mailjet_id")),
            senders=tuple(self.sender_ids.mapped("mailjet_id")),
            deleted_lists=self.deleted_lists,
            deleted_campaigns=self.deleted_campaigns,
            newsletter_tool=self.newsletter_tool,
            starred=self.starred,
            overview=self.overview,
            memberships=self.memberships,
            segment_status=self.segment_status or "",
            counter_source=self.counter_source,
            counter_timing=self.counter_timing,
            counter_resolution=self.counter_resolution,
        )

    def _queries(self):
        return queries_for(self._choice())

    def _replaces(self):
        return self.update_mode == "replace"

    def _chosen_dates(self):
        """Return the chosen first and last moment in UTC, None for no bound.

        Dates are days in the time zone of the report's author.
        """
        self.ensure_one()
        start = self.date_filter != "last_run" and self.date_from
        end = self.date_filter == "range" and self.date_to
        return (
            self._moment(start, time.min) if start else None,
            self._moment(end, time.max) if end else None,
        )

    def _moment(self, date, clock):
        """Return a local time of the report's author in UTC."""
        zone = pytz.timezone(self.create_uid.tz or self.env.user.tz or "UTC")
        local = zone.localize(datetime.combine(date, clock.replace(microsecond=0)))
        return local.astimezone(pytz.utc).replace(tzinfo=None)
