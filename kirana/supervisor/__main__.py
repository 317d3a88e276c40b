"""The second half of `kirana up`, in a process that has loaded nothing else."""

import sys

from kirana.supervisor.start import supervise

sys.exit(supervise(int(sys.argv[1]), int(sys.argv[2])))
