"""Entry point of the `discador` command."""

from __future__ import annotations

import sys

from discador.cli.app import run


def main() -> None:
    """Run the command line of this process and exit with the code that README.md lists."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
