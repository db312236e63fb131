# Odoo looks for tests among the names of this module
from .checks import *
from .dmarc import *
from .domains import *
from .events import *
from .exclusions import *
from .figures import *
from .reports import *
from .sending import *
from .server import *
from .status import *
