"""Rights that nobody gave, and secrets where they do not belong."""

# ruff: noqa: S608 - the SQL of tests is made of their own constants

from tests.check.planting import (
    CUSTOMER,
    DONE_JOB,
    MANAGER,
    OTHER_STORE,
    STORE,
    STRANGER,
    Fault,
    deed,
    fault,
)

GRANTED = "each place in a store was granted by a deed in the audit log"
WORKS = "whoever works in a store is a manager, or was one by the audit log"
SLUG = f"(SELECT slug FROM store WHERE id = {STORE})"
PLACE = (
    "INSERT INTO membership (account_id, store_id, role, created_at) "
    "SELECT {}, {}, 'manager', CURRENT_TIMESTAMP"
)
SEAL = "INSERT INTO audit_seal SELECT {}, '{{}}', '', CURRENT_TIMESTAMP"
APPROVED = "(SELECT MIN(id) FROM approval WHERE status = 'approved')"

FAULTS: dict[str, tuple[Fault, ...]] = {
    "there is an active admin": (
        fault(
            "UPDATE account SET status = 'suspended' WHERE role = 'admin'",
            also=("each history of account ends at its status",),
        ),
    ),
    "nobody has a role that the audit log does not know": (
        fault(f"UPDATE account SET role = 'admin' WHERE id = {CUSTOMER}"),
        fault(f"UPDATE account SET role = 'customer' WHERE id = {MANAGER}", also=(WORKS,)),
        fault(
            deed(
                "account.role_changed",
                "account",
                f"(SELECT uid FROM account WHERE id = {CUSTOMER})",
                '{"role": "admin"}',
            )
        ),
    ),
    "each move of an account's status is in the audit log": (
        fault("DELETE FROM audit_event WHERE action = 'account.suspended'"),
        fault(
            deed("account.active", "account", f"(SELECT uid FROM account WHERE id = {CUSTOMER})")
        ),
    ),
    WORKS: (fault(PLACE.format(STRANGER, STORE), deed("membership.granted", "store", SLUG)),),
    GRANTED: (
        fault(PLACE.format(MANAGER, OTHER_STORE)),
        fault(
            f"DELETE FROM audit_event WHERE action = 'membership.granted' AND object_key = {SLUG}"
        ),
    ),
    "exactly the waiting accounts have an open application": (
        fault(
            "UPDATE approval SET status = 'withdrawn', decided_at = CURRENT_TIMESTAMP "
            "WHERE status = 'requested'"
        ),
        fault(
            "INSERT INTO approval (uid, account_id, wished_store, status, reason, created_at) "
            f"SELECT 'again', {MANAGER}, 'A second shop', 'requested', '', CURRENT_TIMESTAMP"
        ),
    ),
    "an approved application has its store, its place there and who decided": (
        fault(f"UPDATE approval SET decided_by = NULL WHERE id = {APPROVED}"),
        fault(f"UPDATE approval SET store_id = NULL WHERE id = {APPROVED}"),
        fault(
            f"DELETE FROM membership WHERE account_id = {MANAGER}",
            f"DELETE FROM audit_event WHERE action = 'membership.granted' AND object_key = {SLUG}",
            also=("an export is of a store that its requester was let into",),
        ),
    ),
    "a rejected application has its reason and who decided, and is not let in": (
        fault("UPDATE approval SET reason = '' WHERE status = 'rejected'"),
        fault("UPDATE approval SET decided_by = NULL WHERE status = 'rejected'"),
        fault(f"UPDATE approval SET store_id = {STORE} WHERE status = 'rejected'"),
    ),
    "a decided request for a category says who decided, and is in the audit log": (
        fault("UPDATE category_request SET decided_by = NULL WHERE status = 'approved'"),
        fault("UPDATE category_request SET decided_at = NULL WHERE status = 'approved'"),
        fault("UPDATE category_request SET reason = '' WHERE status = 'rejected'"),
        fault("DELETE FROM audit_event WHERE action = 'category_request_approved'"),
    ),
    "the seals of the audit log are one chain, and as many deeds lie below each as it sealed": (
        fault(SEAL.format("1, 1, 2, 5")),
        fault(SEAL.format("2, 1, 2, 2")),
        fault(SEAL.format("1, 1, 2, 2"), SEAL.format("2, 2, 3, 1")),
    ),
    "the outbox holds keys, no names, addresses or secrets": (
        fault('UPDATE outbox SET payload = \'{"to": "asha@shop.example"}\''),
        fault('UPDATE outbox SET payload = \'{"name": "Asha"}\''),
    ),
    "the audit log holds no secret, and names people by their uid": (
        fault(deed("session.reused", "session", "'asha@shop.example'")),
        fault(deed("person.changed", "person", "'x'", '{"password_hash": "x"}')),
        fault(deed("person.changed", "person", "'x'", '{"was": "$argon2id$v=19$m=1"}')),
    ),
    "an export is of a store that its requester was let into": (
        fault(f"UPDATE job SET store_id = {OTHER_STORE} WHERE id = {DONE_JOB}"),
        fault(f"UPDATE job SET store_id = NULL WHERE id = {DONE_JOB}"),
    ),
}
