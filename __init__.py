from . import controllers
from . import models
from . import wizard


def uninstall_hook(env):
    """Leave no mail to wait for what only this module does."""
    env["mail.mail"]._mailjet_leave_paused()
