from . import mailjet_address
from . import mailjet_callback_replace
from . import mailjet_sender_add
from . import mailjet_sender_delete
from . import mailjet_sender_rename
from . import mailjet_setup
from . import mailjet_smtp_test
from . import mailjet_timeline
