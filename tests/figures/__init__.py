from . import test_mailjet_dashboard
from . import test_mailjet_dashboard_spreadsheet
from . import test_mailjet_dashboard_tour
from . import test_mailjet_figures
from . import test_mailjet_policy_limit
from . import test_mailjet_sending_hour
from . import test_mailjet_statistic
