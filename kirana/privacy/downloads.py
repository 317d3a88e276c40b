"""What the API and the pages about one's own data share."""

from flask import Response, current_app

from kirana.exports.downloads import file_response
from kirana.platform.access import Actor
from kirana.privacy.queries import find_data_file

FILE_NAME = "my-data.json"


def data_response(actor: Actor, uid: str) -> Response:
    """The caller's file. Raises NotFound, ExportExpired."""
    file, sha256 = find_data_file(actor, uid)
    return file_response(file, FILE_NAME, sha256)


def grace_days() -> int:
    days: int = current_app.config["SETTINGS"].erase_after_days
    return days
