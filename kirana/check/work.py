"""Statements 6 to 9, 11 and 12: mails, reports, exports, links and rights."""

from kirana.check.rule import Rule

RULES = (
    Rule(
        6,
        "an order that the audit log knows exists",
        """
        SELECT a.object_key AS number FROM audit_event a
        LEFT JOIN "order" o ON o.number = a.object_key
        WHERE a.object_kind = 'order' AND o.id IS NULL
        """,
    ),
    Rule(
        7,
        "each order has exactly one confirmation in the outbox",
        """
        SELECT o.number FROM "order" o
        LEFT JOIN outbox b ON b.dedupe_key = 'order-confirm:' || o.number
                          AND b.kind = 'order_confirmation'
        WHERE b.id IS NULL
        """,
    ),
    Rule(
        7,
        "no confirmation without an order",
        """
        SELECT b.id, b.dedupe_key FROM outbox b
        LEFT JOIN "order" o ON b.dedupe_key = 'order-confirm:' || o.number
        WHERE b.kind = 'order_confirmation' AND o.id IS NULL
        """,
    ),
    Rule(
        7,
        "a sent mail has its moment, and only a sent one",
        "SELECT id, kind, state FROM outbox WHERE (state = 'sent') <> (sent_at IS NOT NULL)",
    ),
    Rule(
        8,
        "each owed report has one mail",
        """
        SELECT d.id, d.account_id, d.period FROM report_delivery d
        LEFT JOIN outbox b
          ON b.dedupe_key = 'report:' || d.account_id || ':' || d.period
         AND b.kind = 'monthly_report'
        WHERE b.id IS NULL
        """,
    ),
    Rule(
        9,
        "a finished export has its file and its mail",
        """
        SELECT j.uid, j.status, j.file FROM job j
        LEFT JOIN outbox b ON b.dedupe_key = 'export:' || j.uid AND b.kind = 'export_ready'
        WHERE j.kind = 'export' AND j.status = 'done'
          AND (j.file IS NULL OR j.sha256 IS NULL OR b.id IS NULL)
        """,
    ),
    Rule(
        9,
        "no mail for an export that did not finish",
        """
        SELECT j.uid, j.status FROM job j
        JOIN outbox b ON b.dedupe_key = 'export:' || j.uid AND b.kind = 'export_ready'
        WHERE j.status NOT IN ('done', 'expired')
        """,
    ),
    Rule(
        11,
        "no row points to a missing row",
        "SELECT * FROM pragma_foreign_key_check",
        only_on="sqlite",
    ),
    Rule(
        11,
        "every foreign key is enforced",
        "SELECT conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated",
        only_on="postgresql",
    ),
    Rule(
        11,
        "the category tree has no cycle",
        """
        WITH RECURSIVE reached(id) AS (
          SELECT id FROM category WHERE parent_id IS NULL
          UNION
          SELECT c.id FROM category c JOIN reached r ON c.parent_id = r.id
        )
        SELECT id, slug FROM category WHERE id NOT IN (SELECT id FROM reached)
        """,
    ),
    Rule(
        12,
        "there is an active admin",
        """
        SELECT COUNT(*) AS accounts FROM account
        HAVING COUNT(*) > 0
           AND SUM(CASE WHEN role = 'admin' AND status = 'active' THEN 1 ELSE 0 END) = 0
        """,
    ),
    Rule(
        12,
        "whoever works in a store is a manager",
        """
        SELECT a.uid, a.role, m.role AS place FROM membership m
        JOIN account a ON a.id = m.account_id WHERE a.role <> 'manager'
        """,
    ),
    Rule(
        12,
        "an approved application has its store and its membership",
        """
        SELECT p.uid FROM approval p WHERE p.status = 'approved' AND p.store_id IS NULL
        """,
    ),
)
