from . import test_mailjet_status
