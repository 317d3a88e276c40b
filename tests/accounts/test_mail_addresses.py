"""One normal form of addresses: nobody has two accounts by it, and no mail goes to a look-alike."""

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kirana.accounts.models import Account
from kirana.mailing.mail import Message
from kirana.platform.mail_addresses import find_normal_email
from kirana.platform.outbox import Outbox
from tests.accounts.people import PASSWORD, Visitor, join, rows

PLAIN = re.compile(r"[\x21-\x3f\x41-\x7e]{1,64}@[a-z0-9.-]{3,252}")
LETTERS = st.text(
    st.one_of(
        st.sampled_from('aA1.+-_@ ßſİıKéＡａ。．аеορ\u0301\u200b\u00ad\u202e\n\x00,;<>()"[]'),
        st.characters(),
    ),
    max_size=24,
)
ADDRESSES = st.builds(
    lambda local, domain, ending: f"{local}@{domain}{ending}",
    LETTERS, LETTERS, st.sampled_from(["", ".org", ".ORG", ".example。org", ".org.", ".рф"]),
)  # fmt: skip

SAME = [
    [
        "asha@example.org",
        " ASHA@Example.ORG ",
        "ａｓｈａ＠ｅｘａｍｐｌｅ．ｏｒｇ",
        "asha@example。org",
    ],
    ["a@bücher.example", "A@BÜCHER.example", "a@bu\u0308cher.example", "a@xn--bcher-kva.EXAMPLE"],
    ["k@example.org", "\u212a@example.org", "K@EXAMPLE.ORG"],
    ["a@उदाहरण.example", "a@XN--P1B6CI4B4B3A.example"],
]
LOOK_ALIKES = {
    "Cyrillic for Latin": "a@аррӏе.com",
    "the same in its ASCII form": "a@xn--80ak6aa92e.com",
    "two Cyrillic letters among Latin ones": "a@gооgle.com",
    "Greek omicron": "a@gοοgle.com",
    "wholly Greek": "a@αρχ.com",
    "Armenian": "a@հօս.com",
    "dotless i": "a@gmaıl.com",
    "script a": "a@exɑmple.org",
    "a mark on a letter that takes none": "a@ex\u0301ample.org",
    "digits of another script": "a@১২৩.com",
    "before the @": "аsha@example.org",
}
HIDDEN = {
    "zero width space": "a@exam\u200bple.org",
    "zero width joiner": "as\u200dha@example.org",
    "soft hyphen": "a@exam\u00adple.org",
    "byte order mark": "\ufeffa@example.org",
    "override of direction": "a@\u202egro.elpmaxe",
    "isolate": "a@\u2066example.org\u2069",
    "tag": "a@example\U000e0061.org",
    "no-break space": "a\u00a0@example.org",
    "enclosing mark": "a@e\u20ddxample.org",
}
NOT_ONE = {
    "list": "a@example.org, b@example.org",
    "semicolon": "a@example.org;b@example.org",
    "display name": "Asha <a@example.org>",
    "comment": "a(me)@example.org",
    "comment in the domain": "a@example.org(me)",
    "quoted": '"a"@example.org',
    "literal": "a@[127.0.0.1]",
    "number": "a@127.0.0.1",
    "line break": "a@example.org\r\nBcc: b@example.org",
    "line separator": "a@example.org\u2028",
    "trailing dot": "a@example.org.",
    "wide trailing dot": "a@example.org。",
    "two signs": "a@b@example.org",
    "percent route": "a%b@c@example.org",
    "no punycode": "a@xn--zzzzzz.com",
    "underscore": "a@ex_ample.org",
}


@pytest.mark.parametrize("typed", SAME, ids=lambda typed: typed[0])
def test_ways_to_write_one_address(typed: list[str]) -> None:
    assert len({find_normal_email(text) for text in typed} - {None}) == 1
    assert None not in map(find_normal_email, typed)


@pytest.mark.parametrize("typed", [*LOOK_ALIKES.values(), *HIDDEN.values(), *NOT_ONE.values()])
def test_what_is_refused(typed: str) -> None:
    assert find_normal_email(typed) is None


@pytest.mark.parametrize(
    "typed",
    [
        "a@пример.com",
        "a@кот.рф",
        "a@例え.jp",
        "a@한국.kr",
        "a@مثال.com",
        "a@उदाहरण.भारत",
        "a@faß.de",
    ],
)
def test_addresses_of_the_world(typed: str) -> None:
    found = find_normal_email(typed)
    assert found is not None
    assert found.isascii()


def test_mailboxes_that_are_not_ours_to_merge() -> None:
    assert len({find_normal_email(f"{box}@gmail.com") for box in ("ab", "a.b", "ab+shop")}) == 3


@given(ADDRESSES)
@example("ﬀ@example.org")
@example("a@ﬀ.org")
@example("a@İ.org")
def test_the_normal_form_is_one_plain_address_and_its_own_normal_form(typed: str) -> None:
    found = find_normal_email(typed)
    if found is None:
        return
    assert PLAIN.fullmatch(found)
    assert len(found) <= 254
    assert found.count("@") == 1
    assert found == found.lower()
    assert find_normal_email(found) == found
    assert find_normal_email(typed.upper()) in (found, None)
    assert Message(found, "Hello", "<p>", "text").to == found


@pytest.mark.parametrize("typed", SAME, ids=lambda typed: typed[0])
def test_they_are_one_account(app: Any, typed: list[str]) -> None:
    visitor = Visitor(app.test_client())
    for text in typed:
        body = {"email": text, "name": "Asha", "password": PASSWORD}
        assert visitor.post("/auth/sign-up", body).status_code == 202
    (account,) = rows(Account)
    assert account.email == find_normal_email(typed[0])
    for text in typed:
        given = {"email": text, "password": PASSWORD}
        assert visitor.post("/auth/sign-in", given).status_code == 201


@pytest.mark.parametrize("typed", [*LOOK_ALIKES.values(), *HIDDEN.values(), *NOT_ONE.values()])
def test_nobody_joins_by_a_look_alike(app: Any, typed: str) -> None:
    join(app, email="a@example.org")
    visitor = Visitor(app.test_client())
    body = {"email": typed, "name": "Asha", "password": PASSWORD}
    answer = visitor.post("/auth/sign-up", body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == ["/email"]
    refused = visitor.post("/auth/sign-in", {"email": typed, "password": PASSWORD})
    assert (refused.status_code, refused.json["code"]) == (401, "sign_in_failed")
    assert len(rows(Account)) == 1
    assert rows(Outbox) == []
