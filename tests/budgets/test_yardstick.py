"""The bench's yardstick is a bare view and nothing of the shop."""

import http.client

from bench.servers import bare


def test_the_bare_server_answers_the_bytes_it_was_given() -> None:
    with bare({"answer": b'{"items": []}'}) as server:
        connection = http.client.HTTPConnection("localhost", server.port, timeout=10)
        connection.request("GET", "/answer")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b'{"items": []}')
        assert {name.lower() for name, _ in answer.getheaders()} <= {
            "content-type", "content-length", "server", "date",
        }  # fmt: skip
        connection.close()
