#!/usr/bin/env python
"""Django's command line for LedgerLou. Without DATABASE_URL it works on the LedgerLou that `make run` has started."""

import os
import sys

from django.core.management import execute_from_command_line

from ledgerlou.embedded.beside import addresses_beside
from ledgerlou.embedded.terminal import exit_code


def main() -> int:
    """Run the command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledgerlou.settings")
    os.environ.update(addresses_beside(os.environ))
    execute_from_command_line(sys.argv)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
