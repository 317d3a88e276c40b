"""E-mail addresses as people type them: kept, compared and written to in one normal form."""

from kirana.platform.errors import Invalid
from kirana.platform.mail_addresses import find_normal_email

__all__ = ["find_normal_email", "normal_email"]


def normal_email(text: str, pointer: str = "/email") -> str:
    """The normal form (platform/mail_addresses.py). Raises Invalid at ``pointer`` for none."""
    found = find_normal_email(text)
    if found is None:
        raise Invalid.at(pointer, "write an e-mail address, such as asha@shop.example")
    return found
