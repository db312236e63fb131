from . import test_mailjet_exclusion
