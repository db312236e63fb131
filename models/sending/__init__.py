from . import mail_mail  # before what extends it
from . import ir_mail_server
from . import ir_mail_server_message
from . import ir_mail_server_quota
from . import link_tracker
from . import mail_compose_message
from . import mail_mail_decide
from . import mail_mail_keep
from . import mail_mail_prepare
from . import mail_mail_queue
from . import mail_mail_recovery
from . import mail_mail_wait
from . import mailing_mailing
from . import mailing_mailing_decide
from . import mailing_trace
from . import mailjet_sending
from . import mail_notification
