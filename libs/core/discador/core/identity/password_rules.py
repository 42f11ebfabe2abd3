"""What a password must be like. Length counts, classes of characters do not (NIST SP 800-63B-4, 3.1.1.2)."""

from __future__ import annotations

from typing import Final

SHORTEST: Final = 12
LONGEST: Final = 256
_MIN_DISTINCT: Final = 5


def fault_in_password(password: str, user_name: str) -> str:
    """Say what is wrong with a new password, never repeating it; empty if nothing is."""
    if len(password) < SHORTEST:
        return f"must have at least {SHORTEST} characters"
    if len(password) > LONGEST:
        return f"must have at most {LONGEST} characters"
    if len(set(password)) < _MIN_DISTINCT:
        return f"must have at least {_MIN_DISTINCT} different characters"
    if user_name and user_name.casefold() in password.casefold():
        return "must not contain the user name"
    return ""
