from . import mailjet_rates_mixin  # before the models that inherit it
from . import ir_mail_server
from . import mailjet_counter
from . import mailjet_dashboard
from . import mailjet_dashboard_import
from . import mailjet_dashboard_spreadsheet
from . import mailjet_deliverability
from . import mailjet_policy_limit
from . import mailjet_sending_hour
from . import mailjet_statistic
from . import mailjet_statistic_day
from . import mailjet_statistic_stale
