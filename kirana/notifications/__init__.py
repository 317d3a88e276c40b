"""What is mailed when something happened, and its templates."""

from kirana.notifications.mails import register

__all__ = ["register"]
