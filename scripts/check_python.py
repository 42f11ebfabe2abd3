"""Say clearly what a machine lacks before anything is installed. Runs on any Python 3."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the message is for those who have an older one
    found = ".".join(str(part) for part in sys.version_info[:2])
    sys.exit("Discador needs Python 3.11 or newer; this is " + found + ". Set PYTHON=/path/to/python3.11 and retry.")
try:
    import ensurepip  # noqa: F401
    import venv  # noqa: F401
except ImportError:
    sys.exit("Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv")
