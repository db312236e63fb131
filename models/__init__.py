from . import ir_mail_server
from . import mailing_mailing
