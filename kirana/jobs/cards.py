"""A job in the words of the page that shows it. Pure."""

from typing import Any

from kirana.jobs.shapes import JobView

STATE_WORDS = {
    "queued": "Waiting",
    "running": "Running",
    "done": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "expired": "Deleted",
}


def job_card(job: JobView, title: str, address: str, notes: dict[str, str]) -> dict[str, Any]:
    """The fields of ``components/job.html``; ``address`` is the job's page, its file below it."""
    return {
        "uid": job.uid, "url": address, "title": title, "file_name": None, "state": job.state,
        "state_text": STATE_WORDS[job.state], "percent": job.percent, "rows_text": _rows(job),
        "note": _left(job, notes) if job.state == "running" else notes.get(job.state),
        "download_url": f"{address}/file" if job.file else None, "error": job.error,
    }  # fmt: skip


def _rows(job: JobView) -> str | None:
    if job.rows_total is None:
        return None
    if job.state == "running":
        return f"{job.rows_done:,} of {_counted(job.rows_total)}"
    return _counted(job.rows_done)


def _counted(rows: int) -> str:
    return f"{rows:,} row" + ("" if rows == 1 else "s")


def _left(job: JobView, notes: dict[str, str]) -> str:
    if job.seconds_left is None:
        return notes["running"]
    return f"About {max(job.seconds_left, 1)} seconds left. {notes['running']}"
