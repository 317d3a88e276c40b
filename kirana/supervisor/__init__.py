"""`kirana up`: web, worker, beat, Valkey and mailbox under one parent; nothing outlives it."""

from kirana.supervisor.start import run

__all__ = ["run"]
