"""E-mail addresses, passwords and lines of text, without a database."""

from typing import Any

import pytest

from kirana.accounts import passwords
from kirana.accounts.email_addresses import find_normal_email
from kirana.accounts.house_rules import HouseRules, follow
from kirana.accounts.session_keys import SessionKeys
from kirana.platform import texts
from kirana.platform.errors import Invalid
from tests.accounts.people import Visitor


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("  Asha@Example.COM ", "asha@example.com"),
        ("a.b+c@shop.example.org", "a.b+c@shop.example.org"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example"),
        ("a＠example.org", "a@example.org"),
    ],
)
def test_one_normal_form(typed: str, normal: str) -> None:
    assert find_normal_email(typed) == normal
    assert find_normal_email(normal) == normal


@pytest.mark.parametrize(
    "typed",
    [
        "", "a", "@example.org", "a@", "a@localhost", "a@example.org,b@example.org",
        "a@example.org\nBcc: b@example.org", "a@example.org\n", "a@example.org\r",
        '"a b"@example.org', "a (me)@example.org", "Asha <a@example.org>", "a..b@example.org",
        ".a@example.org", "a@-example.org", "a@example..org", "a@[127.0.0.1]", "a@127.0.0.1",
        "ä@example.org", "a@" + "x" * 64 + ".org", "x" * 65 + "@example.org", "a\x00@example.org",
        "a@" + ".".join(["x" * 60] * 5) + ".org", "a b@example.org", "a@exa mple.org",
    ],
)  # fmt: skip
def test_no_address(typed: str) -> None:
    assert find_normal_email(typed) is None


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "x" * 129,
        "password",
        "PassWord123",
        "aaaaaaaaaaaa",
        "asha@example.org",
        "ASHA RAO1",
        "asha2026",
        "2026asha1!",
        "Asharao1",
        "Kirana2026",
        "kirana!!",
        "grocery123",
        "12grocery34",
        "Ｋｉｒａｎａ１２３",
        "sunshine2026",
        "dragon99!!",
        "kiranakirana",
        "horsehorse",
        "abcabcabcabc",
        "12345678",
        "qwertyuiop",
    ],
)
def test_weak_passwords(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.check_password(password, "/password", "asha@example.org", "Asha Rao1")
    assert refused.value.errors[0]["pointer"] == "/password"


def test_the_list_is_long_and_of_passwords_that_could_be_chosen() -> None:
    listed = passwords._common().split()
    assert listed == sorted(set(listed))
    assert len([word for word in listed if len(word) >= passwords.SHORTEST]) > 11_000
    assert all(word == passwords.comparable(word) for word in listed)


def test_the_name_of_the_shop_is_no_password() -> None:
    follow(HouseRules(shop_name="Ramesh & Sons"))
    try:
        for password in ("ramesh-sons", "Ramesh123", "RameshSons1"):
            with pytest.raises(Invalid):
                passwords.check_password(password, "/password")
    finally:
        follow(HouseRules())


def test_a_password_can_be_tried_out(client: Any) -> None:
    def problem(**given: str) -> str:
        answer = Visitor(client).post("/auth/password-checks", given)
        return str(answer.json["problem"])

    easy = "choose one that is harder to guess: it is "
    assert problem(password="sunshine2026") == f"{easy}one of the most used"
    named = problem(password="asharao99", email="a@example.org", name="Asha Rao")
    assert named == f"{easy}your name or address"
    assert problem(password="kiranakirana").endswith("it repeats itself")
    assert problem(password="grocery123") == f"{easy}a word of the shop"
    assert problem(password="asharao99") == ""
    assert problem(password="short") == "must have 8 to 128 characters"


def test_nothing_is_cut_off_or_folded() -> None:
    stored = passwords.hash_password("x y" * 42)
    assert not passwords.matches(stored, "x y" * 41)
    stored = passwords.hash_password(" Tee für zwei ")
    for other in ("Tee für zwei", " tee für zwei ", " Tee fur zwei ", " Tee ｆür zwei "):
        assert not passwords.matches(stored, other)


@pytest.mark.parametrize(
    "password", ["12 chars or so", "x" * 127 + "y", "ñandú-ñandú", "🌶🌶🌶🥭🥭🥭🥥🥥"]
)
def test_good_passwords(password: str) -> None:
    passwords.check_password(password, "/password", "asha@example.org", "Asha")
    assert passwords.matches(passwords.hash_password(password), password)


def test_a_password_typed_on_another_keyboard_is_the_same() -> None:
    stored = passwords.hash_password("caf\u00e9 au lait")
    assert passwords.matches(stored, "cafe\u0301 au lait")
    assert not passwords.matches(stored, "cafe au lait")


@pytest.mark.usefixtures("costly_passwords")
def test_the_hash_is_argon2id_at_19_mib_and_two_passes() -> None:
    stored = passwords.hash_password("green tea and biscuits")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not passwords.is_outdated(stored)


@pytest.mark.usefixtures("costly_passwords")
def test_the_hash_for_nobody_costs_the_same_and_opens_nothing() -> None:
    assert not passwords.is_outdated(passwords.ABSENT)
    assert not passwords.matches(passwords.ABSENT, "")


@pytest.mark.parametrize("text", ["", "   ", "x" * 121, "a\nb", "a\x07b", "a\u2028b"])
def test_names_are_one_line(text: str) -> None:
    with pytest.raises(Invalid):
        texts.person_name(text)


def test_every_error_of_a_form_is_told() -> None:
    with pytest.raises(Invalid) as refused:
        texts.collect(lambda: texts.person_name(""), lambda: texts.zone_name("Mars/Olympus"))
    assert [error["pointer"] for error in refused.value.errors] == ["/name", "/zone"]


@pytest.mark.parametrize("name", ["Win https://evil.example", "WWW.evil.example", "a://b"])
def test_a_name_is_no_link(name: str) -> None:
    with pytest.raises(Invalid):
        texts.person_name(name)


@pytest.mark.parametrize(
    "zone",
    [
        "",
        "../etc/passwd",
        "/etc/passwd",
        "Asia",
        "asia/kolkata\x00",
        "localtime",
        "posixrules",
        "Factory",
    ],
)
def test_no_zone(zone: str) -> None:
    with pytest.raises(Invalid):
        texts.zone_name(zone)


def test_an_old_refresh_token_is_known_however_far_the_chain_went() -> None:
    keys = SessionKeys("s" * 32)
    first = token = keys.first_refresh_token("session")
    for _ in range(50):
        token = keys.successor(token)
    for made in (first, token):
        assert keys.is_ours(made)
        assert SessionKeys("t" * 32, "s" * 32).is_ours(made)
        assert not SessionKeys("t" * 32).is_ours(made)
        assert not keys.is_ours(made.replace(made[10], "-" if made[10] != "-" else "_", 1))
        assert not keys.is_ours(made[:-1])
