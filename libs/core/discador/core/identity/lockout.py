"""How long a name is locked after failed logins.

Five tries are free; then each failure doubles the wait, from 30 s to 15 min. The count is of the name, known or not,
so that a lock does not tell whether there is such a user; a success clears it, a day without a failure too.
"""

from __future__ import annotations

from typing import Final

FREE_TRIES: Final = 5
FIRST_WAIT_S: Final = 30.0
LONGEST_WAIT_S: Final = 900.0
FORGOTTEN_AFTER_S: Final = 86_400


def wait_s(failures: int, since_last_s: float) -> float:
    """Return the seconds until the next try, after `failures` of which the last was `since_last_s` ago; 0: now."""
    if failures < FREE_TRIES:
        return 0.0
    doublings = min(failures - FREE_TRIES, 10)
    whole = min(FIRST_WAIT_S * float(2**doublings), LONGEST_WAIT_S)
    # A clock that went back must not lengthen the wait.
    return max(0.0, whole - max(0.0, since_last_s))
