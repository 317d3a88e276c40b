"""Statements 6 to 9: mails, reports and exports."""

from datetime import timedelta

from kirana.check.rule import Rule
from kirana.exports.queries import KIND as EXPORT
from kirana.oversight.queries import CHECK
from kirana.privacy.queries import KIND as PERSONAL
from kirana.reports.queries import JOB as REPORT

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
        6,
        "every order is in the audit log once, when it was placed",
        """
        SELECT o.number, COUNT(a.id) AS deeds FROM "order" o
        LEFT JOIN audit_event a ON a.object_key = o.number AND a.object_kind || '' = 'order'
                               AND a.action || '' = 'order.placed' -- not by their indexes
        GROUP BY o.number HAVING COUNT(a.id) <> 1
        """,
    ),
    Rule(
        6,
        "an order that a kept answer names exists",
        """
        SELECT i.owner, i.key, i.headers ->> 'Location' AS location FROM idempotency i
        LEFT JOIN "order" o ON o.number = SUBSTR(i.headers ->> 'Location', 16)
        WHERE i.headers ->> 'Location' LIKE '/api/v1/orders/%'
          AND i.headers ->> 'Location' NOT LIKE '/api/v1/orders/%/%' AND o.id IS NULL
        """,
    ),
    Rule(
        7,
        "each order has exactly one confirmation in the outbox",
        """
        SELECT o.number, COUNT(b.id) AS mails FROM "order" o
        LEFT JOIN outbox b ON b.dedupe_key = 'order-confirm:' || o.number
                          AND b.kind = 'order_confirmation'
        GROUP BY o.number HAVING COUNT(b.id) <> 1
        """,
    ),
    Rule(
        7,
        "no confirmation without an order",
        """
        SELECT id, dedupe_key FROM outbox WHERE dedupe_key IN (
            SELECT dedupe_key FROM outbox WHERE kind = 'order_confirmation'
            EXCEPT SELECT 'order-confirm:' || number FROM "order")
        """,
    ),
    Rule(
        7,
        "exactly the cancelled orders have a mail that says so",
        """
        SELECT o.number, o.status, b.id AS mail FROM "order" o
        LEFT JOIN outbox b ON b.dedupe_key = 'order-cancelled:' || o.number
                          AND b.kind = 'order_cancelled'
        WHERE (o.status = 'cancelled') <> (b.id IS NOT NULL)
        """,
    ),
    Rule(
        7,
        "each decided application has the mail that says so",
        """
        SELECT p.uid, p.status FROM approval p
        LEFT JOIN outbox b ON b.dedupe_key = 'manager-' || p.status || ':' || p.uid
                          AND b.kind = 'manager_' || p.status
        WHERE p.status IN ('approved', 'rejected') AND b.id IS NULL
        """,
    ),
    Rule(
        7,
        "a sent mail has its moment, and only a sent one",
        "SELECT id, kind, state FROM outbox WHERE (state = 'sent') <> (sent_at IS NOT NULL)",
    ),
    Rule(
        7,
        "no mail has been due for three days",
        """
        SELECT id, kind, state, next_at FROM outbox
        WHERE state IN ('due', 'sending', 'retrying') AND next_at < :long_ago
        """,
        {"long_ago": timedelta(days=3)},
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
        8,
        "no report mail without a report",
        """
        SELECT id, dedupe_key FROM outbox WHERE dedupe_key IN (
            SELECT dedupe_key FROM outbox WHERE kind = 'monthly_report'
            EXCEPT SELECT 'report:' || account_id || ':' || period FROM report_delivery)
        """,
    ),
    Rule(
        8,
        "a report belongs to a run that has come to its customer, and tells of its own month",
        """
        SELECT d.id, d.account_id, d.period, r.cursor FROM report_delivery d
        LEFT JOIN job_run r ON r.name = :report AND r.period = d.period
        WHERE r.id IS NULL OR r.cursor < d.account_id OR d.figures ->> 'period' <> d.period
        """,
        {"report": REPORT},
    ),
    Rule(
        8,
        "a customer has one report a month",
        """
        SELECT account_id, period, COUNT(*) AS reports FROM report_delivery
        GROUP BY account_id, period HAVING COUNT(*) > 1
        """,
    ),
    Rule(
        9,
        "every job is of a kind that is worked on",
        "SELECT uid, kind FROM job WHERE kind NOT IN (:export, :personal, :check)",
        {"export": EXPORT, "personal": PERSONAL, "check": CHECK},
    ),
    Rule(
        9,
        "an ended job has its end, a failed one its reason",
        """
        SELECT uid, status, finished_at, error FROM job
        WHERE (status IN ('queued', 'running')) <> (finished_at IS NULL)
           OR (status = 'failed') <> (COALESCE(error, '') <> '')
        """,
    ),
    Rule(
        9,
        "a finished export has its file and its mail",
        """
        SELECT j.uid, j.status, j.file FROM job j
        LEFT JOIN outbox b ON b.dedupe_key = 'export:' || j.uid
         AND b.kind = CASE j.kind WHEN :export THEN 'export_ready' ELSE 'personal_data_ready' END
        WHERE j.status = 'done' AND j.kind <> :check
          AND (j.file IS NULL OR j.sha256 IS NULL OR b.id IS NULL
               OR j.rows_done <> COALESCE(j.rows_total, -1))
        """,
        {"export": EXPORT, "check": CHECK},
    ),
    Rule(
        9,
        "no mail for an export that did not finish",
        """
        SELECT j.uid, j.status FROM job j
        JOIN outbox b ON b.dedupe_key = 'export:' || j.uid
        WHERE j.status NOT IN ('done', 'expired')
        """,
    ),
    Rule(
        9,
        "an expired export keeps no file",
        "SELECT uid, file FROM job WHERE status = 'expired' AND file IS NOT NULL",
    ),
)
