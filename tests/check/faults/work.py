"""Mails, reports and exports that are missing, double or about nothing."""

# ruff: noqa: S608 - the SQL of tests is made of their own constants

from tests.check.planting import (
    CANCELLED,
    CANCELLED_JOB,
    DONE_JOB,
    PLACED,
    Fault,
    answer,
    deed,
    fault,
    mail,
)

NUMBER = f'(SELECT number FROM "order" WHERE id = {PLACED})'
LOST_NUMBER = f'(SELECT number FROM "order" WHERE id = {CANCELLED})'
DONE = f"UPDATE job SET {{}} WHERE id = {DONE_JOB}"
FIRST_REPORT = "(SELECT MIN(id) FROM report_delivery)"

FAULTS: dict[str, tuple[Fault, ...]] = {
    "an order that the audit log knows exists": (
        fault(deed("order.moved", "order", "'NOSUCH0000'")),
    ),
    "every order is in the audit log once, when it was placed": (
        fault(f"DELETE FROM audit_event WHERE action = 'order.placed' AND object_key = {NUMBER}"),
        fault(deed("order.placed", "order", NUMBER)),
    ),
    "an order that a kept answer names exists": (fault(answer("one", "NOSUCH0000")),),
    "each order has exactly one confirmation in the outbox": (
        fault(f"DELETE FROM outbox WHERE dedupe_key = 'order-confirm:' || {NUMBER}"),
        fault(
            mail("order_confirmation", f"'order-confirm:' || {NUMBER}"),
            loosened=("outbox",),
        ),
    ),
    "no confirmation without an order": (
        fault(mail("order_confirmation", "'order-confirm:NOSUCH0000'")),
    ),
    "exactly the cancelled orders have a mail that says so": (
        fault(f"DELETE FROM outbox WHERE dedupe_key = 'order-cancelled:' || {LOST_NUMBER}"),
        fault(mail("order_cancelled", f"'order-cancelled:' || {NUMBER}")),
    ),
    "each decided application has the mail that says so": (
        fault("DELETE FROM outbox WHERE kind = 'manager_approved'"),
        fault("DELETE FROM outbox WHERE kind = 'manager_rejected'"),
    ),
    "a sent mail has its moment, and only a sent one": (
        fault("UPDATE outbox SET state = 'sent'"),
        fault("UPDATE outbox SET sent_at = CURRENT_TIMESTAMP"),
    ),
    "no mail has been due for three days": (
        fault("UPDATE outbox SET state = 'due', sent_at = NULL, next_at = '2020-01-01 00:00:00'"),
        fault("UPDATE outbox SET state = 'sending', next_at = '2020-01-01 00:00:00'"),
    ),
    "each owed report has one mail": (fault("DELETE FROM outbox WHERE kind = 'monthly_report'"),),
    "no report mail without a report": (fault(mail("monthly_report", "'report:1:1999-01'")),),
    "a report belongs to a run that has come to its customer, and tells of its own month": (
        fault("DELETE FROM job_run"),
        fault("UPDATE job_run SET cursor = 0"),
        fault('UPDATE report_delivery SET figures = \'{"period": "1999-01"}\''),
    ),
    "a customer has one report a month": (
        fault(
            "INSERT INTO report_delivery (account_id, period, figures, created_at) "
            "SELECT account_id, period, figures, created_at FROM report_delivery "
            f"WHERE id = {FIRST_REPORT}",
            loosened=("report_delivery",),
        ),
    ),
    "every job is of a kind that is worked on": (
        fault(f"UPDATE job SET kind = 'vanished' WHERE id = {CANCELLED_JOB}"),
    ),
    "an ended job has its end, a failed one its reason": (
        fault(DONE.format("finished_at = NULL")),
        fault(DONE.format("error = 'It was not done after all.'")),
    ),
    "a finished export has its file and its mail": (
        fault(DONE.format("file = NULL")),
        fault(DONE.format("sha256 = NULL")),
        fault(DONE.format("rows_total = rows_done + 1")),
        fault("DELETE FROM outbox WHERE kind = 'export_ready'"),
    ),
    "no mail for an export that did not finish": (
        fault(
            mail("export_ready", f"'export:' || (SELECT uid FROM job WHERE id = {CANCELLED_JOB})")
        ),
    ),
    "an expired export keeps no file": (
        fault(
            DONE.format("status = 'expired'"),
            "INSERT INTO job_event (job_id, from_status, to_status, reason, at) "
            "SELECT id, 'done', 'expired', '', CURRENT_TIMESTAMP FROM job "
            "WHERE status = 'expired'",
        ),
    ),
}
