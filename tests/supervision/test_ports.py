"""A port in use gives a sentence, or another port where that is harmless."""

import socket
from collections.abc import Iterator

import pytest

from kirana.platform.config import Settings, SettingsError
from kirana.supervisor.ports import choose_ports, require_web_port
from tests.machinery.processes import free_port


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another server listens on, one that would share it if asked alike."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        yield listener.getsockname()[1]


def shop(**given: int) -> Settings:
    ports = {
        name: free_port() for name in ("port", "smtp_port", "mailbox_port", "redis_port")
    } | given
    return Settings(**ports)  # type: ignore[arg-type]


def test_free_ports_are_kept() -> None:
    settings = shop()
    assert choose_ports(settings, web_is_fixed=True) == (settings, [])


def test_a_web_port_that_was_wished_for_is_not_changed(taken: int) -> None:
    with pytest.raises(SettingsError) as caught:
        choose_ports(shop(port=taken), web_is_fixed=True)
    assert str(caught.value) == f"Port {taken} is in use; set KIRANA_PORT to a free one."


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("port", "the shop is"),
        ("smtp_port", "the mailbox takes mail"),
        ("mailbox_port", "the mailbox page is"),
        ("redis_port", "Valkey is"),
    ],
)
def test_the_next_free_port_is_taken_and_told(taken: int, name: str, who: str) -> None:
    settings, notes = choose_ports(shop(**{name: taken}), web_is_fixed=name != "port")
    chosen = getattr(settings, name)
    assert taken < chosen <= taken + 100
    assert notes == [f"Port {taken} is in use: {who} on {chosen}."]
    if name == "port":
        assert settings.public_url == f"http://localhost:{chosen}"


def test_no_port_is_chosen_twice() -> None:
    port = free_port()
    settings, _ = choose_ports(
        shop(port=port, smtp_port=port, mailbox_port=port, redis_port=port), web_is_fixed=False
    )
    chosen = (settings.port, settings.smtp_port, settings.mailbox_port, settings.redis_port)
    assert len(set(chosen)) == 4


def test_ports_of_servers_that_are_not_started_do_not_matter(taken: int) -> None:
    settings = Settings(
        port=free_port(),
        redis_port=taken,
        smtp_port=taken,
        mailbox_port=taken,
        redis_url="redis://elsewhere:6379/0",
        smtp_url="smtp://elsewhere:25",
    )
    assert choose_ports(settings, web_is_fixed=True) == (settings, [])


@pytest.mark.parametrize(
    ("host", "port", "sentence"),
    [
        ("127.0.0.1", 70000, "Port 70000 does not exist; set KIRANA_PORT to a free one."),
        ("192.0.2.1", 8000, "192.0.2.1 port 8000 cannot be used: "),
    ],
)
def test_an_impossible_address_gives_a_sentence(host: str, port: int, sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        require_web_port(Settings(host=host, port=port))
    assert str(caught.value).startswith(sentence)
