"""Facts that stop a verb. One handler turns them into problem details or a page."""

from collections.abc import Sequence
from typing import Any, ClassVar

from kirana.platform.words import duration_text


class ShopError(Exception):
    """A fact with a stable ``code``; ``details`` are extra members of the problem document."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"
    message: ClassVar[str] = "That cannot be done."

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.detail = message or self.message
        self.details = details
        super().__init__(self.detail)


class BadRequest(ShopError):
    """The request as such cannot be understood."""


class Unauthorized(ShopError):
    status = 401
    code = "unauthorized"
    message = "Sign in first."


class Forbidden(ShopError):
    status = 403
    code = "forbidden"
    message = "You may not do that."


class SecondFactorNeeded(Forbidden):
    """Of a person who must have a second factor and has none."""

    code = "second_factor_needed"
    message = "Set up a second factor first: an authenticator app or a passkey."


class NotFound(ShopError):
    """Not there and not yours are the same answer."""

    status = 404
    code = "not_found"
    message = "There is no such thing here."


class Conflict(ShopError):
    status = 409
    code = "conflict"
    message = "The thing has changed in the meantime."


class Stale(ShopError):
    status = 412
    code = "stale"
    message = "Somebody changed this since you loaded it."


class Invalid(ShopError):
    """Input that breaks a rule: ``Invalid.at("/email", "is not an address")``."""

    status = 422
    code = "invalid"
    message = "Please check the marked fields."

    @classmethod
    def at(cls, pointer: str, detail: str, code: str = "invalid") -> "Invalid":
        """One error at a JSON pointer."""
        return cls(errors=[{"pointer": pointer, "code": code, "detail": detail}])

    def within(self, pointer: str) -> "Invalid":
        """The same errors, of what lies at ``pointer``."""
        inner = [{**error, "pointer": pointer + error["pointer"]} for error in self.errors]
        return Invalid(self.detail, errors=inner)

    @property
    def errors(self) -> Sequence[dict[str, str]]:
        found: Sequence[dict[str, str]] = self.details.get("errors", ())
        return found


class TooMany(ShopError):
    status = 429
    code = "too_many_requests"
    message = "Too many tries."

    def __init__(self, retry_after: int = 60) -> None:
        """``retry_after`` is in seconds."""
        super().__init__(f"{self.message} Try again in {duration_text(retry_after)}.")
        self.retry_after = retry_after


class Unavailable(ShopError):
    status = 503
    code = "unavailable"
    message = "That part of the shop is away for the moment."


class OutcomeUnknown(Unavailable):
    """The database was asked to commit and hung up before it could answer: it is done or not."""

    code = "outcome_unknown"
    message = "The database hung up before it could say whether that is done. Please look first."


class IllegalMove(Conflict):
    """A status cannot go there; ``legal`` lists where it can."""

    code = "illegal_move"
    message = "That step is not possible now."
