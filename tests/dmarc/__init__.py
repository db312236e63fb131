from . import test_mailjet_dmarc_intake
from . import test_mailjet_dmarc_race
from . import test_mailjet_dmarc_read
from . import test_mailjet_dmarc_retention
from . import test_mailjet_dmarc_upload
