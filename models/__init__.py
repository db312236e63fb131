from . import ir_mail_server
from . import ir_mail_server_account
from . import ir_mail_server_events
from . import ir_mail_server_exclusions
from . import ir_mail_server_gap
from . import ir_mail_server_sending
from . import ir_mail_server_limits  # after what it pauses
from . import ir_mail_server_usage
from . import mail_blacklist
from . import mail_mail
from . import mail_mail_doubt
from . import mail_mail_queue
from . import mail_message
from . import mail_notification
from . import mail_thread
from . import mailing_trace
from . import mailing_trace_timeline
from . import mailing_mailing
from . import mailing_mailing_events
from . import mailjet_mirror  # before the models that inherit it
from . import mailjet_words  # so is this
from . import mailjet_suppressed  # and this
from . import mailjet_dataset  # and this
from . import mailjet_rates  # and this
from . import mailjet_callback
from . import mailjet_campaign
from . import mailjet_contact
from . import mailjet_contact_list
from . import mailjet_counter
from . import mailjet_counter_days
from . import mailjet_dashboard
from . import mailjet_dashboard_spreadsheet
from . import mailjet_deliverability
from . import mailjet_domain
from . import mailjet_dns_record
from . import mailjet_domain_dns
from . import mailjet_domain_handover
from . import mailjet_event
from . import mailjet_event_apply
from . import mailjet_event_effect
from . import mailjet_event_read
from . import mailjet_exclusion
from . import mailjet_exclusion_exchange
from . import mailjet_exclusion_compare
from . import mailjet_limit
from . import mailjet_message
from . import mailjet_report
from . import mailjet_report_item
from . import mailjet_report_preview
from . import mailjet_report_run
from . import mailjet_report_schedule
from . import mailjet_segment
from . import mailjet_event_timeline
from . import mailjet_sender
from . import mailjet_sending
from . import mailjet_sending_hour
from . import mailjet_statistic
from . import mailjet_statistic_stale
from . import mailjet_subscription
from . import mailjet_suppression
from . import mailing_contact
from . import res_config_settings
from . import res_partner
