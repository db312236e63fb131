from . import test_limits
from . import test_mail_limits
from . import test_mail_refused
from . import test_mailing_sent
from . import test_quota
from . import test_quota_shared
from . import test_quota_split
from . import test_warm_up
