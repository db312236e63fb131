from . import mailjet_suppression_mixin  # before the models that inherit it
from . import mailjet_recipient_mixin  # likewise
from . import base_partner_merge
from . import ir_mail_server
from . import ir_mail_server_catch_up
from . import ir_mail_server_reachability
from . import ir_mail_server_registration
from . import ir_mail_server_silence
from . import ir_mail_server_tracking
from . import mail_message
from . import mail_notification
from . import mailing_contact
from . import mailing_mailing
from . import mailing_trace
from . import mailing_trace_timeline
from . import mailjet_callback
from . import mailjet_event
from . import mailjet_event_apply
from . import mailjet_event_bounce
from . import mailjet_event_effect
from . import mailjet_event_imported
from . import mailjet_event_reason
from . import mailjet_event_retention
from . import mailjet_event_timeline
from . import mailjet_suppression
from . import res_config_settings
from . import res_partner
from . import utm_campaign
