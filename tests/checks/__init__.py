from . import test_check_attacks
from . import test_check_content
from . import test_check_context
from . import test_check_links
from . import test_check_preview
from . import test_check_recipients
from . import test_check_tour
