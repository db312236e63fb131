from . import test_mail_limits
from . import test_mail_refused
from . import test_mailing_sent
from . import test_same_bytes
