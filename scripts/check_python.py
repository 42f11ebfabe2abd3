"""Say clearly what a machine lacks before anything is installed. Runs on any Python 3."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the message is for those who have an older one
    sys.exit(
        "Discador needs Python 3.11 or newer; this is %d.%d. Set PYTHON=/path/to/python3.11 and try again."
        % sys.version_info[:2]
    )  # noqa: UP031
try:
    import ensurepip  # noqa: F401
    import venv  # noqa: F401
except ImportError:
    sys.exit("Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv")
