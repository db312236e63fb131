from . import mailjet_words  # before the models that inherit it
from . import ir_mail_server
from . import ir_mail_server_account
from . import res_config_settings
