"""The mailbox's memory is bounded."""

from pathlib import Path

from kirana.mailbox.store import Store


def subjects(store: Store) -> list[str]:
    return [entry.subject for entry in store.newest()]


def fill(store: Store, count: int, size: int = 0) -> None:
    for number in range(count):
        raw = f"Subject: mail {number}\r\n\r\n{'x' * size}".encode()
        store.add("shop@example.com", ["one@example.com"], "localhost", raw)


def test_the_oldest_messages_are_dropped(tmp_path: Path) -> None:
    store = Store(tmp_path, most=3)
    fill(store, 5)
    assert subjects(store) == ["mail 4", "mail 3", "mail 2"]
    assert len(list(tmp_path.iterdir())) == 3
    assert subjects(Store(tmp_path, most=2)) == ["mail 4", "mail 3"]


def test_large_messages_make_room(tmp_path: Path) -> None:
    store = Store(tmp_path, most_bytes=2500)
    fill(store, 4, size=1000)
    assert subjects(store) == ["mail 3", "mail 2"]


def test_a_broken_file_is_passed_over(tmp_path: Path) -> None:
    fill(Store(tmp_path), 1)
    (tmp_path / "0000.mail").write_bytes(b"not json\nnothing")
    assert subjects(Store(tmp_path)) == ["mail 0"]
