from . import ir_mail_server
from . import ir_mail_server_next_step
from . import mailjet_dashboard
from . import res_config_settings
