"""Which language a request gets."""

from __future__ import annotations

from typing import Final

from babel import negotiate_locale
from starlette.requests import Request

LOCALES: Final = ("pt_BR", "en")
DEFAULT: Final = "pt_BR"
COOKIE: Final = "discador_language"

#: Other ways in which browsers ask for one of ours.
_ALIASES: Final = {"pt": "pt_BR", "pt_PT": "pt_BR", "en_US": "en", "en_GB": "en"}


def locale_of(request: Request, preferred: str = "") -> str:
    """Return the language: that of the menu's cookie, else the user's own, else the browser's, else Portuguese."""
    for wanted in (request.cookies.get(COOKIE, ""), preferred.replace("-", "_")):
        if wanted in LOCALES:
            return wanted
    asked = [_ALIASES.get(tag, tag) for tag in _tags(request.headers.get("accept-language", ""))]
    return negotiate_locale(asked, LOCALES) or DEFAULT


def _tags(header: str) -> list[str]:
    """Return the tags of an Accept-Language header, the most wanted first; what cannot be read counts least."""
    weighed: list[tuple[float, str]] = []
    for item in header[:1000].split(","):
        tag, _, parameter = item.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        if tag and weight > 0:
            weighed.append((weight, tag.strip().replace("-", "_")))
    return [tag for _, tag in sorted(weighed, key=lambda pair: -pair[0])]
