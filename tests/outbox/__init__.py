"""The outbox, its mails, and the nudge."""
