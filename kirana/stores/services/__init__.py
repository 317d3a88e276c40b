"""The verbs about stores, one file for each family."""

from kirana.stores.services.approving import approve_manager, reject_manager
from kirana.stores.services.keeping import change_store, create_store, move_store

__all__ = ["approve_manager", "change_store", "create_store", "move_store", "reject_manager"]
