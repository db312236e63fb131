from . import mailjet_address
from . import mailjet_sender_add
