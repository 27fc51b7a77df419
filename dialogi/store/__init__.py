"""SQLite: opening, migrating, transactions and reading. The only importer of sqlite_utils."""

from sqlite_utils import Database

from .connection import Busy, Full, immediate, open_database, read_transaction, savepoint
from .connection import sqlite_version as sqlite_version

__all__ = [
    "Busy",
    "Database",
    "Full",
    "immediate",
    "open_database",
    "read_transaction",
    "savepoint",
    "sqlite_version",
]
