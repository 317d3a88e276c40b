"""``python -m kirana.mailbox``: the same as ``kirana mailbox``."""

import sys

from kirana.mailbox.server import main

sys.exit(main())
