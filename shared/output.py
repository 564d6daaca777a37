"""A command whose reader leaves (``| head``) ends without a word, as others do; this module prints nothing."""

import os
import signal
import sys


def end_with_reader() -> None:
    """From here on (signal(7), SIGPIPE); not for who talks to a network, whose other end may leave at any time."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def hush() -> None:
    """Nobody reads: what is still to be written, at the very end too, goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
