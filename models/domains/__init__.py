from . import mailjet_synced_mixin  # before the models that inherit it
from . import ir_http
from . import mail_thread
from . import mailjet_activation
from . import mailjet_dns_record
from . import mailjet_dns_record_host
from . import mailjet_domain
from . import mailjet_domain_check
from . import mailjet_domain_handover
from . import mailjet_domain_host
from . import mailjet_domain_receivers
from . import mailjet_sender
