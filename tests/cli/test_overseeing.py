"""What the operator proves and mends: the audit log's seals, and that the erased stay erased."""

import json

from kirana.platform import audit_seal, db
from kirana.platform.config import load_settings
from kirana.privacy.services.erasing import LIST
from tests.cli.running import Shop


def _seal(shop: Shop) -> int:
    """As the worker does each minute."""
    settings = load_settings({"KIRANA_HOME": str(shop.home)})
    db.configure(settings)
    try:
        return audit_seal.seal(audit_seal.seal_key(settings))
    finally:
        db.dispose()


def test_verify_names_the_first_altered_row(demo: Shop) -> None:
    [(rows,)] = demo.rows("SELECT COUNT(*) FROM audit_event")
    assert f"{rows} rows since " in demo.inside("audit", "verify").answer
    assert _seal(demo) == rows
    told = json.loads(demo.inside("audit", "verify", "--json").answer)
    assert (told["rows"], told["fault"], told["unsealed"]) == (rows, None, 0)
    assert told["newest_hash"] in demo.inside("audit", "verify").answer
    demo.rows("DROP TRIGGER audit_event_no_update")
    demo.rows("UPDATE audit_event SET role = 'admin' WHERE id IN (700, 900)")
    said = demo("audit", "verify")
    assert said.status == 1
    assert "Seal 2: row 700: altered." in said.out
    told = json.loads(demo.inside("audit", "verify", "--json").out)
    assert told["fault"] == {"seal": 2, "row": 700, "what": "altered"}


def test_another_secret_proves_nothing(demo: Shop) -> None:
    _seal(demo)
    other = "another secret that is long enough for the shop"
    said = demo.inside("audit", "verify", secret=other)
    assert said.status == 1
    assert "made with another key" in said.out
    kept = (demo.home / "secret").read_text()
    assert demo.inside("audit", "verify", secret=other, audit_secret=kept).status == 0


def test_the_erased_are_erased_again(demo: Shop) -> None:
    people = demo.rows("SELECT uid, email FROM account WHERE role = 'customer' ORDER BY id LIMIT 2")
    (demo.home / LIST).write_text("".join(f"{uid}\n" for uid, _ in people))
    assert demo("erase", "apply").answer == "2 accounts were erased again.\n"
    assert demo.inside("erase", "apply").answer == "0 accounts were erased again.\n"
    for uid, email in people:
        assert demo.rows("SELECT 1 FROM account WHERE email = ?", email) == []
        found = demo.rows("SELECT status, name FROM account WHERE uid = ?", uid)
        assert found == [("closed", "Erased person")]
    assert "rules hold" in demo.inside("check").answer
