# Each concern extends those above it; the last to be imported is the first to be called
from . import secret
from . import server
from . import domains
from . import sending
from . import events
from . import reports
from . import exclusions
from . import figures
from . import checks
from . import dmarc
from . import status
