"""Facts that stop the verbs of jobs."""

from kirana.platform.errors import Conflict


class JobRunning(Conflict):
    code = "job_running"
    message = "Another one of yours is still running. Wait for it, or cancel it."
