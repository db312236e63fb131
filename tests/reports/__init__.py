from . import test_mailjet_report
from . import test_mailjet_report_data
from . import test_mailjet_report_race
from . import test_mailjet_report_replace
from . import test_mailjet_report_run
from . import test_mailjet_report_tour
