from . import mailjet_imported_mixin  # before the models that inherit it
from . import mailjet_campaign
from . import mailjet_contact
from . import mailjet_contact_list
from . import mailjet_counter
from . import mailjet_message
from . import mailjet_report
from . import mailjet_report_item
from . import mailjet_report_item_step
from . import mailjet_report_plan
from . import mailjet_report_preview
from . import mailjet_report_replace
from . import mailjet_report_run
from . import mailjet_report_schedule
from . import mailjet_segment
from . import mailjet_subscription
