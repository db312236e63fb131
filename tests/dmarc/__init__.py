from . import test_mailjet_dmarc_address
from . import test_mailjet_dmarc_host
from . import test_mailjet_dmarc_overview
from . import test_mailjet_dmarc_source
from . import test_mailjet_dmarc_tour
