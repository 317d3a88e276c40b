"""A demo shop, whose passwords everybody knows, is never opened outside development."""

import pytest

from kirana.accounts.queries import DEMO_DOMAIN
from kirana.accounts.services import PersonToCreate, create_account
from kirana.demo.people import ADMIN_EMAIL, CUSTOMER_EMAIL, MANAGER_EMAIL
from kirana.platform.access import SYSTEM
from kirana.platform.config import Settings, SettingsError
from kirana.wiring import prepare


@pytest.mark.usefixtures("database")
def test_a_database_with_demo_logins_is_refused(settings: Settings) -> None:
    prepare(settings)
    demo = PersonToCreate(CUSTOMER_EMAIL, "Asha Rao", "green tea and biscuits", "customer", "UTC")
    create_account(SYSTEM, demo)
    with pytest.raises(SettingsError, match="development only"):
        prepare(settings)


@pytest.mark.parametrize("email", [ADMIN_EMAIL, MANAGER_EMAIL, CUSTOMER_EMAIL])
def test_demo_logins_are_known_by_their_domain(email: str) -> None:
    assert email.endswith(f"@{DEMO_DOMAIN}")
