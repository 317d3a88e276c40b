"""Statements 12 and 13: rights, and what led to them; nothing private where it does not belong."""

from kirana.accounts.states import ACCOUNT_MOVES
from kirana.check.rule import Rule
from kirana.exports.queries import KIND as EXPORT

_STATUSES = ", ".join(f"'account.{status}'" for status in ACCOUNT_MOVES)

RULES = (
    Rule(
        12,
        "there is an active admin",
        """
        SELECT accounts FROM (
          SELECT COUNT(*) AS accounts,
                 SUM(CASE WHEN role = 'admin' AND status = 'active' THEN 1 ELSE 0 END) AS admins
          FROM account
        ) AS sums WHERE accounts > 0 AND admins = 0
        """,
    ),
    Rule(
        12,
        "nobody has a role that the audit log does not know",
        """
        SELECT a.uid, a.role, given.role AS audited FROM account a
        LEFT JOIN (
          SELECT object_key, after ->> 'role' AS role,
                 ROW_NUMBER() OVER (PARTITION BY object_key ORDER BY id DESC) AS place
          FROM audit_event
          WHERE object_kind = 'account' AND action IN ('account.created', 'account.role_changed')
        ) AS given ON given.object_key = a.uid AND given.place = 1
        LEFT JOIN (SELECT DISTINCT account_id FROM approval) AS asked ON asked.account_id = a.id
        WHERE a.role <> COALESCE(
          given.role, CASE WHEN asked.account_id IS NULL THEN 'customer' ELSE 'manager' END
        )
        """,
    ),
    Rule(
        12,
        "each move of an account's status is in the audit log",
        f"""
        SELECT a.uid, moved.action, SUM(moved.events) AS events, SUM(moved.audited) AS audited
        FROM (
          SELECT account_id, 'account.' || to_status AS action, 1 AS events, 0 AS audited
          FROM account_event WHERE from_status IS NOT NULL
          UNION ALL
          SELECT a.id, e.action, 0, 1 FROM audit_event e JOIN account a ON a.uid = e.object_key
          WHERE e.object_kind = 'account' AND e.action IN ({_STATUSES})
        ) AS moved JOIN account a ON a.id = moved.account_id
        GROUP BY a.uid, moved.action HAVING SUM(moved.events) <> SUM(moved.audited)
        """,  # noqa: S608 - constants of the code
    ),
    Rule(
        12,
        "whoever works in a store is a manager, or was one by the audit log",
        """
        SELECT a.uid, a.role, m.role AS place FROM membership m
        JOIN account a ON a.id = m.account_id
        WHERE a.role <> 'manager' AND NOT EXISTS (
          SELECT 1 FROM audit_event e
          WHERE e.object_kind = 'account' AND e.object_key = a.uid
            AND e.action = 'account.role_changed' AND e.before ->> 'role' = 'manager'
        )
        """,
    ),
    Rule(
        12,
        "each place in a store was granted by a deed in the audit log",
        """
        SELECT s.slug, SUM(seen.places) AS places, SUM(seen.granted) AS granted FROM (
          SELECT store_id, 1 AS places, 0 AS granted FROM membership
          UNION ALL
          SELECT s.id, 0, 1 FROM audit_event e JOIN store s ON s.slug = e.object_key
          WHERE e.object_kind = 'store' AND e.action = 'membership.granted'
        ) AS seen JOIN store s ON s.id = seen.store_id
        GROUP BY s.slug HAVING SUM(seen.places) <> SUM(seen.granted)
        """,
    ),
    Rule(
        12,
        "exactly the waiting accounts have an open application",
        """
        SELECT a.uid, a.status, p.uid AS application FROM account a
        LEFT JOIN approval p ON p.account_id = a.id AND p.status = 'requested'
        WHERE (a.status = 'pending') <> (p.id IS NOT NULL)
        """,
    ),
    Rule(
        12,
        "an approved application has its store, its place there and who decided",
        """
        SELECT p.uid, p.store_id, p.decided_by FROM approval p
        LEFT JOIN membership m ON m.account_id = p.account_id AND m.store_id = p.store_id
        WHERE p.status = 'approved' AND (m.id IS NULL OR p.decided_by IS NULL)
        """,
    ),
    Rule(
        12,
        "a rejected application has its reason and who decided, and is not let in",
        """
        SELECT uid, reason, decided_by, store_id FROM approval
        WHERE status = 'rejected'
          AND (reason = '' OR decided_by IS NULL OR store_id IS NOT NULL)
        """,
    ),
    Rule(
        12,
        "a decided request for a category says who decided, and is in the audit log",
        """
        SELECT r.uid, r.status, r.decided_by, r.reason FROM category_request r
        LEFT JOIN audit_event e
          ON e.object_kind = 'category_request' AND e.object_key = r.uid
         AND e.action = 'category_request_' || r.status
        WHERE r.status <> 'requested'
          AND (e.id IS NULL OR r.decided_by IS NULL OR r.decided_at IS NULL
               OR (r.status = 'rejected' AND r.reason = ''))
        """,
    ),
    Rule(
        12,
        "the seals of the audit log are one chain, and as many deeds lie below each as it sealed",
        """
        SELECT s.id, s.first_id, s.last_id, s.entries, COUNT(e.id) AS there FROM (
          SELECT id, first_id, last_id, entries, LAG(id, 1, 0) OVER (ORDER BY id) AS id_before,
                 LAG(last_id, 1, 0) OVER (ORDER BY id) AS sealed_before
          FROM audit_seal
        ) AS s LEFT JOIN audit_event e ON e.id > s.sealed_before AND e.id <= s.last_id
        GROUP BY s.id, s.first_id, s.last_id, s.entries, s.id_before, s.sealed_before
        HAVING s.id <> s.id_before + 1 OR s.first_id <= s.sealed_before
            OR s.entries <> COUNT(e.id)
        """,
    ),
    Rule(
        13,
        "the outbox holds keys, no names, addresses or secrets",
        """
        SELECT id, kind FROM outbox
        WHERE CAST(payload AS TEXT) LIKE '%@%' OR CAST(payload AS TEXT) LIKE '%: "%'
        """,
    ),
    Rule(
        13,
        "the audit log holds no secret, and names people by their uid",
        """
        SELECT id, action, object_kind FROM audit_event
        WHERE object_key LIKE '%@%'
           OR COALESCE(CAST(before AS TEXT), '') || COALESCE(CAST(after AS TEXT), '')
              LIKE '%password_hash%'
           OR COALESCE(CAST(before AS TEXT), '') || COALESCE(CAST(after AS TEXT), '')
              LIKE '%$argon2%'
        """,
    ),
    Rule(
        13,
        "an export is of a store that its requester was let into",
        """
        SELECT j.uid, j.requester_id, j.store_id FROM job j
        LEFT JOIN membership m ON m.account_id = j.requester_id AND m.store_id = j.store_id
        WHERE j.kind = :export AND m.id IS NULL
        """,
        {"export": EXPORT},
    ),
)
