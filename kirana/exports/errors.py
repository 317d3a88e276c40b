"""Facts that stop the verbs of exports."""

from kirana.platform.errors import ShopError


class ExportExpired(ShopError):
    status = 410
    code = "export_expired"
    message = "The file was kept for seven days and is gone. Ask for a new export."
