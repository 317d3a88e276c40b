"""A finished export as a response; for the API and for the back office alike."""

from flask import Response, current_app, send_file

from kirana.exports import queries
from kirana.exports.errors import ExportExpired
from kirana.exports.files import exports_folder
from kirana.platform.access import Actor


def export_response(actor: Actor, uid: str) -> Response:
    """The file, for download only. Raises NotFound, Forbidden, ExportExpired."""
    download = queries.find_download(actor, uid)
    return file_response(download.file, download.name, download.sha256)


def file_response(file: str, name: str, sha256: str) -> Response:
    """``file`` of the exports folder, called ``name``. Raises ExportExpired."""
    path = exports_folder(current_app.config["SETTINGS"]) / file
    if not path.is_file():
        raise ExportExpired
    response = send_file(
        path.resolve(),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=name,
        etag=sha256,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
