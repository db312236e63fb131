from . import ir_mail_server
from . import mail_blacklist
from . import mail_blacklist_spelling
from . import mail_thread_blacklist
from . import mailjet_exclusion
from . import mailjet_exclusion_sync
from . import mailjet_exclusion_sync_compare
