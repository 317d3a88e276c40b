"""The mails themselves."""
