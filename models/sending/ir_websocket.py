import re

from odoo import models

CHANNEL = re.compile(r"mailjet_(mailing\.mailing|ir\.mail_server)_(\d+)")


class IrWebsocket(models.AbstractModel):
    """Channels for whoever watches a mailing or a server."""

    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Replace names of channels by the records, where the user may read them."""
        channels = list(channels)
        for name in [name for name in channels if isinstance(name, str)]:
            if found := CHANNEL.fullmatch(name):
                channels.remove(name)
                record = self.env[found[1]].browse(int(found[2])).exists()
                if record.has_access("read"):
                    channels.append(record)
        return super()._build_bus_channel_list(channels)
