from . import mail_mailjet
