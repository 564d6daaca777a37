"""What SQLite's errors mean in the words of the spool's promise; it decides, and raises nothing itself."""

import sqlite3

from agent.spool.queue import CorruptSpoolError, SpoolError, SpoolFullError

_NOT_A_SPOOL = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
"""An error in our own fixed statements means that the table is not ours any more."""


def is_damage(error: Exception) -> bool:
    """Whether it speaks against the file itself; a full disk or a locked file says nothing against the records in it.

    What Python cannot read as text comes without a code of SQLite's: it quotes a spoiled schema in its error.
    """
    return _code(error) in _NOT_A_SPOOL


def is_doubtful(error: BaseException) -> bool:
    """Whether a commit that failed so may be in the log all the same, for whoever opens it next."""
    return isinstance(error, sqlite3.Error) and _code(error) == sqlite3.SQLITE_IOERR


def translated(error: Exception) -> SpoolError | CorruptSpoolError:
    """The error in the promise's words."""
    if is_damage(error):
        return CorruptSpoolError(str(error))
    return (SpoolFullError if _code(error) == sqlite3.SQLITE_FULL else SpoolError)(str(error))


def _code(error: Exception) -> int:
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)) & 0xFF
