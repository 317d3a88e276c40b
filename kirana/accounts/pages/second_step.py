"""The second step of signing in, and signing in by a passkey."""

import msgspec
from flask import Response, request

from kirana.accounts import second_step, services, web_session
from kirana.accounts.errors import ProofExpired
from kirana.accounts.factor_queries import find_proof, list_methods
from kirana.accounts.factor_shapes import PasskeyUse, SecondStep
from kirana.accounts.pages.blueprint import pages
from kirana.accounts.pages.signing_in import let_in, refused, return_to
from kirana.accounts.shapes import Line
from kirana.platform.errors import Invalid, ShopError, TooMany
from kirana.platform.http import public
from kirana.platform.pages import Form, note, posted, render, see_other


class CodeForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the two is filled in: the app's code, or a recovery code."""

    code: Line = ""
    recovery_code: Line = ""


@pages.get("/sign-in/second-factor")
@public
def second_step_form() -> Response:
    return _ask(Form())


@pages.post("/sign-in/second-factor")
@public
def take_second_step() -> Response:
    """Exchange the proof in the cookie and a code for a session."""
    proof, visitor = second_step.kept_proof(), web_session.visitor()
    try:
        given = posted(CodeForm)
        second_step.limit_code(proof)
        step = SecondStep(proof, given.recovery_code or given.code)
        keys, sealer = web_session.keys(), second_step.sealer()
        device = web_session.device()
        tokens = services.take_second_step(visitor, keys, sealer, step, device)
    except TooMany:
        raise
    except ProofExpired as error:
        return _begin_again(error.detail)
    except ShopError as error:
        field = "recovery_code" if request.form.get("recovery_code") else "code"
        shown = error if isinstance(error, Invalid) else Invalid.at(f"/{field}", error.detail)
        return _ask(Form(errors=Form.posted(shown).errors), error.status)
    return let_in(visitor, tokens)


@pages.post("/sign-in/passkey")
@public
def sign_in_by_passkey() -> Response:
    """What passkeys.js sends when the device has answered."""
    visitor = web_session.visitor()
    try:
        given = posted(PasskeyUse)
        second_step.limit_passkeys()
        keys, party = web_session.keys(), second_step.relying_party()
        device = web_session.device()
        tokens = services.sign_in_by_passkey(visitor, keys, party, given, device)
    except ShopError as error:
        return refused("accounts/sign_in.html", error, return_to=return_to())
    return let_in(visitor, tokens)


def _ask(form: Form, status: int = 200) -> Response:
    found = find_proof(second_step.kept_proof())
    if found is None:
        return _begin_again("")
    methods = list_methods(found.id)
    return render(
        "accounts/second_step.html", status, form=form, methods=methods, return_to=return_to()
    )


def _begin_again(why: str) -> Response:
    second_step.forget_proof()
    if why:
        note(why, "warning")
    return see_other(".sign_in_form", return_to=return_to() or None)
