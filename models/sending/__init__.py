from . import ir_mail_server
from . import ir_mail_server_quota
from . import mail_mail
from . import mail_mail_queue
from . import mail_mail_uncertain
from . import mailing_mailing
from . import mailjet_sending
