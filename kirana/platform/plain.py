"""Answers made without Flask: the headers that all answers carry, and what the edge refuses."""

import html
from http import HTTPStatus
from typing import Any

import msgspec

from kirana.platform.errors import ShopError
from kirana.platform.settings import Settings

API_PREFIX = "/api/"
# Where the edge leaves the number of the request.
REQUEST_ID = "kirana.request_id"
# What is left of the view's limit, where the edge has counted the request against it.
COUNTED = "kirana.counted"
# What went wrong where the edge made the answer: told as if the view had raised it.
FAILURE = "kirana.failure"
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# What the pages never use, nor anything that might be smuggled into them.
_UNUSED = (
    "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer",
    "microphone", "midi", "payment", "usb",
)  # fmt: skip
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": ", ".join(f"{name}=()" for name in _UNUSED),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Whoever does not say otherwise is private: no shared cache may keep the answer.
    "Cache-Control": "no-store",
}
A_YEAR = "max-age=31536000"
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><h1>{title}</h1><p>{detail}</p><p>{identifier}</p></html>
"""


def safe_headers(settings: Settings) -> dict[str, str]:
    """What every answer says unless it says otherwise; in production over https also HSTS."""
    if settings.env == "production" and settings.secure_cookies:
        return {**SAFE_HEADERS, "Strict-Transport-Security": A_YEAR}
    return SAFE_HEADERS


def is_api_path(path: str) -> bool:
    return f"{path.lower()}/".startswith(API_PREFIX)


def problem(status: int, code: str, detail: str, request_id: str, details: dict[str, Any]) -> bytes:
    """A problem document (RFC 9457)."""
    return msgspec.json.encode(
        {
            "type": f"/api/docs#{code}",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": code,
            "detail": detail,
            "errors": [],
            "request_id": request_id,
            **details,
        }
    )


def refusal(error: ShopError, path: str, request_id: str) -> tuple[str, bytes]:
    """Media type and body of an answer to a request that nobody inside has seen."""
    if is_api_path(path):
        body = problem(error.status, error.code, error.detail, request_id, {})
        return "application/problem+json", body
    page = _PAGE.format(
        title=HTTPStatus(error.status).phrase,
        detail=html.escape(error.detail),
        identifier=request_id,
    )
    return "text/html; charset=utf-8", page.encode()
