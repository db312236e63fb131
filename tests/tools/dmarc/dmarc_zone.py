"""The same double of DNS as for the checks of records."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "dns"))

from dns_zone import ZoneAsk, assert_presentable

__all__ = ["ZoneAsk", "assert_presentable"]
