from . import test_mailjet_exclusion
from . import test_mailjet_exclusion_accounts
from . import test_mailjet_exclusion_histories
from . import test_mailjet_exclusion_interrupted
from . import test_mailjet_exclusion_pages
from . import test_mailjet_exclusion_race
from . import test_mailjet_exclusion_spelling
