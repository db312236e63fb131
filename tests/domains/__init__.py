from . import test_inbound_mail
from . import test_mailjet_activation
from . import test_mailjet_addresses
from . import test_mailjet_dns
from . import test_mailjet_receivers
from . import test_mailjet_sender
from . import test_mailjet_sync
