from . import test_mail_in_doubt
from . import test_mail_limits
from . import test_mail_recovery
from . import test_mail_recovery_fates
from . import test_mail_recovery_race
from . import test_mail_refused
from . import test_mail_undecided
from . import test_mailing_sent
