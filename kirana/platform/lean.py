"""Flask without what this shop asks of it at no request."""

from typing import Any

from flask import Flask, Request, Response, request_tearing_down
from werkzeug.routing import MapAdapter

# The edge lets the shop's own hosts pass, but at any port.
_MOST_HOSTS = 64


class LeanResponse(Response):
    """A whole body goes to the server as it lies, and its headers are not copied first.

    The library looks for addresses to put right, which an answer with status 200 has none of.
    """

    def get_wsgi_response(self, environ: Any) -> tuple[Any, str, list[tuple[str, str]]]:
        is_whole = type(self.response) is list and "Content-Length" in self.headers
        is_plain = self.status_code == 200 and environ["REQUEST_METHOD"] != "HEAD"
        if is_whole and is_plain and not self._on_close:
            return self.response, self.status, self.headers.to_wsgi_list()
        return super().get_wsgi_response(environ)


class LeanFlask(Flask):
    """Looks for no async functions and no subdomains, and remembers the hosts it was asked by."""

    response_class = LeanResponse

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._hosts: dict[tuple[str, str], tuple[str, str]] = {}

    def ensure_sync(self, func: Any) -> Any:
        return func

    def do_teardown_request(self, *failure: Any) -> None:
        if self.teardown_request_funcs or request_tearing_down.receivers:
            super().do_teardown_request(*failure)

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """As the library's, which takes each host apart three times."""
        environ = request.environ if request else {}
        # An upgrade asks for an address of another scheme.
        if request is None or "HTTP_HOST" not in environ or "HTTP_UPGRADE" in environ:
            return super().create_url_adapter(request)
        asked = environ["HTTP_HOST"], request.scheme
        if known := self._hosts.get(asked):
            request.host, name = known
            return MapAdapter(
                self.url_map, name, request.root_path, "", request.scheme, request.path,
                request.method, request.query_string.decode(errors="replace"),
            )  # fmt: skip
        made = super().create_url_adapter(request)
        if made and len(self._hosts) < _MOST_HOSTS:
            self._hosts[asked] = request.host, made.server_name
        return made
