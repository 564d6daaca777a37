"""How the programs read their arguments: what is wrong with them is one line; it knows no command itself."""

import argparse
from typing import NoReturn

from shared.printable import printable


class ArgumentParser(argparse.ArgumentParser):
    """Like its parent, and a wrong argument is one safe line on standard error, with exit code 2."""

    def error(self, message: str) -> NoReturn:
        """See :meth:`argparse.ArgumentParser.error`; the usage is left to ``--help``."""
        self.exit(2, f"{self.prog}: {printable(message)} (see {self.prog} --help)\n")
