from . import ir_mail_server
from . import ir_mail_server_account
from . import ir_mail_server_sending
from . import ir_mail_server_usage
from . import mail_mail
from . import mail_mail_doubt
from . import mail_mail_queue
from . import mail_thread
from . import mailing_mailing
from . import mailjet_mirror  # before the models that inherit it
from . import mailjet_words  # so is this
from . import mailjet_domain
from . import mailjet_dns_record
from . import mailjet_domain_dns
from . import mailjet_domain_handover
from . import mailjet_sender
from . import mailjet_sending
from . import res_config_settings
