from . import ir_mail_server
from . import mail_blacklist
from . import mailjet_exclusion
from . import mailjet_exclusion_exchange
from . import mailjet_exclusion_exchange_compare
