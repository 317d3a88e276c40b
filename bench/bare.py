"""The yardstick: a Flask view that returns given bytes, behind the server that the shop has.

Run by ``bench.servers`` as a process: ``python -m bench.bare <folder>``; each file in the folder is
answered at ``/<its name>``. Port, processes and threads come from the ``KIRANA_*`` settings.
"""

import sys
from pathlib import Path

from flask import Flask, Response

from kirana import server
from kirana.platform.config import load_settings


def make_app(folder: Path) -> Flask:
    """One view that does nothing else."""
    app = Flask("bare")
    bodies = {path.name: path.read_bytes() for path in folder.iterdir()}

    @app.get("/<name>")
    def view(name: str) -> Response:
        return Response(bodies[name], content_type="application/json")

    return app


def main() -> None:
    app = make_app(Path(sys.argv[1]))
    setattr(server, "create_serving_app", lambda: app)  # noqa: B010 - the server serves what it makes
    server.serve(load_settings())


if __name__ == "__main__":
    main()
