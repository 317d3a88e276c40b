"""The shop's settings, as the edges of all slices ask for them."""

from flask import current_app

from kirana.platform.config import Settings


def settings() -> Settings:
    found: Settings = current_app.config["SETTINGS"]
    return found
