from . import mailjet_dmarc_report
from . import mailjet_dmarc_row
