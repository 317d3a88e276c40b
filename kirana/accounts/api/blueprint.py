"""The blueprint that all JSON routes about people hang on."""

from flask import Blueprint

api = Blueprint("api", __name__)
