"""After each update to another version: scheduled actions run what the code calls.

Their records are not updated, because their interval is the administrator's.
"""

from lxml import etree

from odoo import SUPERUSER_ID, api
from odoo.tools import file_path


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    tree = etree.parse(file_path("mail_mailjet/data/ir_cron_data.xml"))
    for record in tree.iter("record"):
        cron = env.ref(f"mail_mailjet.{record.get('id')}", raise_if_not_found=False)
        if cron:
            # Not through the cron, which cannot be written while it runs
            cron.ir_actions_server_id.write(
                {
                    "name": record.findtext("field[@name='name']"),
                    "code": record.findtext("field[@name='code']"),
                }
            )
