"""Second factors on pages, without a script: everything that an app needs, and plain refusals."""

import re
from dataclasses import replace
from typing import Any

import pyotp
import pytest

from kirana.platform import announce
from kirana.platform.qr import qr_code
from kirana.platform.tokens import hash_secret
from tests.accounts.factors import add_passkey, add_totp, age_sessions, code_now, wrong_code
from tests.accounts.people import OWN_ORIGIN, PASSWORD, join


class Browser:
    """A test client that follows nothing and comes from our own pages."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def send(self, path: str, **form: str) -> Any:
        return self.client.post(path, data=form, headers=OWN_ORIGIN)

    def see(self, path: str) -> str:
        return str(self.client.get(path, follow_redirects=True).text)

    def sign_in(self, email: str, **more: str) -> Any:
        return self.send("/sign-in", email=email, password=PASSWORD, return_to="", **more)


@pytest.fixture
def browser(client: Any) -> Browser:
    return Browser(client)


def secret_on(page: str) -> str:
    shown = page.partition("data-secret>")[2].partition("</p>")[0]
    return "".join(re.findall("<span>([A-Z2-7]{4})</span>", shown))


def codes_on(page: str) -> list[str]:
    return re.findall("<code>([0-9A-Z-]{19})</code>", page)


def test_from_the_first_code_to_signing_in(app: Any, browser: Browser) -> None:
    asha = join(app)
    browser.sign_in(asha.email)
    assert "Set up an authenticator app" in browser.see("/account/security")
    assert browser.send("/account/totp").headers["Location"] == "/account/totp"
    page = browser.see("/account/totp")
    totp = pyotp.TOTP(secret_on(page))
    assert "<svg" in page
    assert 'style="' not in page
    refused = browser.send("/account/totp/confirmation", code=wrong_code(totp))
    assert refused.status_code == 422
    assert totp.secret == secret_on(refused.text), "nothing is lost by a wrong code"
    done = browser.send("/account/totp/confirmation", code=code_now(totp))
    kept = codes_on(done.text)
    assert (len(kept), done.headers["Cache-Control"]) == (10, "no-store")
    assert codes_on(browser.see("/account/security")) == []
    browser.send("/sign-out")

    halfway = browser.sign_in(asha.email)
    assert halfway.headers["Location"] == "/sign-in/second-factor"
    assert "access=" not in str(halfway.headers)
    assert browser.client.get("/account").status_code == 303
    wrong = browser.send("/sign-in/second-factor", code=wrong_code(totp), return_to="/orders")
    assert wrong.status_code == 401
    assert "That code is not right" in wrong.text
    entered = browser.send("/sign-in/second-factor", code=kept[0], return_to="/orders")
    assert (entered.status_code, entered.headers["Location"]) == (303, "/orders")
    assert '<b class="num">9</b> of 10' in browser.see("/account/security")


def test_the_basket_comes_along_by_either_way(
    app: Any, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    def hear(_connection: Any, *, account_id: int, guest_hash: str) -> str:
        heard.append(guest_hash)
        return "Two things came along."

    asha = join(app)
    totp, _ = add_totp(asha)
    device, _ = add_passkey(asha)
    monkeypatch.setitem(announce._subscribers, "signed_in", [hear])
    browser.client.set_cookie("basket", "the guest's secret")
    browser.sign_in(asha.email)
    assert heard == [], "not before the second step"
    browser.send("/sign-in/second-factor", code=code_now(totp))
    assert "Two things came along." in browser.see("/account")
    assert browser.client.get_cookie("basket") is None
    browser.send("/sign-out")
    browser.client.set_cookie("basket", "the guest's secret")
    answer = device.use(
        browser.client.post("/api/v1/auth/passkey-challenges", headers=OWN_ORIGIN).json
    )
    assert browser.send("/sign-in/passkey", **answer).status_code == 303
    assert "Two things came along." in browser.see("/account")
    assert heard == [hash_secret("the guest's secret")] * 2


def test_the_way_back_is_kept_over_both_steps(app: Any, browser: Browser) -> None:
    asha = join(app)
    totp, _ = add_totp(asha)
    form = {"email": asha.email, "password": PASSWORD, "return_to": "/account/addresses"}
    halfway = browser.send("/sign-in", **form)
    assert halfway.headers["Location"].endswith("?return_to=/account/addresses")
    page = browser.see(halfway.headers["Location"])
    assert 'value="/account/addresses"' in page
    entered = browser.send(
        "/sign-in/second-factor", code=code_now(totp), return_to="/account/addresses"
    )
    assert entered.headers["Location"] == "/account/addresses"


def test_too_late_begins_again(app: Any, browser: Browser) -> None:
    asha = join(app)
    add_totp(asha)
    browser.sign_in(asha.email)
    asha.call("PUT", "/me/password", {"current_password": PASSWORD, "new_password": PASSWORD + "!"})
    answer = browser.send("/sign-in/second-factor", code="123456")
    assert answer.headers["Location"] == "/sign-in"
    assert "Begin again with the password" in browser.see("/sign-in")
    assert "Welcome back" in browser.see("/sign-in/second-factor")


def test_the_password_is_asked_for_later_on(app: Any, browser: Browser) -> None:
    asha = join(app)
    browser.sign_in(asha.email)
    assert 'id="password-totp"' not in browser.see("/account/security")
    age_sessions()
    assert 'id="password-totp"' in browser.see("/account/security")
    refused = browser.send("/account/totp", current_password="not the password")
    assert refused.status_code == 422
    assert "That is not your password." in refused.text
    assert browser.send("/account/totp", current_password=PASSWORD).status_code == 303


def test_passkeys_are_listed_renamed_and_removed(app: Any, browser: Browser) -> None:
    asha = join(app)
    _, added = add_passkey(asha, "Phone <b>")
    uid = added["passkey"]["uid"]
    entered = browser.sign_in(asha.email)
    assert entered.headers["Location"] == "/sign-in/second-factor"
    assert "Sign in with a passkey" in browser.see("/sign-in/second-factor")
    browser.send("/sign-in/second-factor", recovery_code=added["recovery_codes"][0])
    assert "Phone &lt;b&gt;" in browser.see("/account/security")
    browser.send(f"/account/passkeys/{uid}/name", name="Desk")
    assert "<b>Desk</b>" in browser.see("/account/security")
    assert browser.send(f"/account/passkeys/{uid}/name", name="").status_code == 422
    browser.send(f"/account/passkeys/{uid}/removal")
    assert "<b>Desk</b>" not in browser.see("/account/security")


def test_a_bad_answer_of_a_passkey_is_told_on_the_page(app: Any, browser: Browser) -> None:
    names = ("ceremony", "id", "client_data_json", "authenticator_data", "signature", "user_handle")
    answer = browser.send("/sign-in/passkey", **dict.fromkeys(names, "AAAA"), return_to="/orders")
    assert answer.status_code == 401
    assert "That passkey was not accepted" in answer.text
    assert 'value="/orders"' in answer.text


def test_an_obliged_admin_is_led_to_the_set_up(app: Any, browser: Browser) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], admin_second_factor=True)
    boss = join(app, "admin")
    browser.sign_in(boss.email)
    assert browser.client.get("/office/people").headers["Location"] == "/account/security"
    assert "This shop asks its admins for a second factor" in browser.see("/office/people")
    browser.send("/account/totp")
    totp = pyotp.TOTP(secret_on(browser.see("/account/totp")))
    browser.send("/account/totp/confirmation", code=code_now(totp))
    assert browser.client.get("/office/people").status_code == 200
    refused = browser.send("/account/totp/removal")
    assert refused.status_code == 409
    assert "Add another before you remove this" in refused.text


def test_another_site_cannot_end_the_second_step(app: Any, browser: Browser) -> None:
    asha = join(app)
    totp, _ = add_totp(asha)
    browser.sign_in(asha.email)
    form = {"code": code_now(totp)}
    assert browser.client.post("/sign-in/second-factor", data=form).status_code == 403
    assert browser.send("/sign-in/second-factor", **form).status_code == 303


def test_a_qr_code_is_one_path() -> None:
    code = qr_code("otpauth://totp/Kirana:asha@example.org?secret=ABC")
    assert re.fullmatch(r"(M\d+ \d+h\d+v1h-\d+z)+", code.path)
    assert code.size > 21
