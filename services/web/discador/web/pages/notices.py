"""What the page after a form says. The address carries only the notice's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse

from discador.web.i18n.marks import N_

NOTICES: Final[Mapping[str, tuple[str, str]]] = {
    "created": ("success", N_("It was created.")),
    "saved": ("success", N_("The change is saved.")),
    "deleted": ("success", N_("It was deleted.")),
    "accepted": ("info", N_("The master accepted the command. Below it is shown when it takes effect.")),
    "added": ("success", N_("The number is on the list now; nothing dials it from now on.")),
    "removed": ("success", N_("The number is off the list.")),
    "listed": ("warning", N_("This number is on the list.")),
    "unlisted": ("info", N_("This number is not on the list.")),
    "notfound": ("info", N_("The campaign has no lead with this number.")),
}


def notice_of(request: Request, gettext: Callable[[str], str]) -> tuple[str, str] | None:
    """Return tone and text of the notice that the address names, or None."""
    found = NOTICES.get(request.query_params.get("notice", ""))
    return (found[0], gettext(found[1])) if found else None


def seen_after(path: str, notice: str = "", **query: str) -> RedirectResponse:
    """Send the browser on after a POST, so that reloading repeats nothing."""
    parameters = {**query, **({"notice": notice} if notice else {})}
    return RedirectResponse(path + (f"?{urlencode(parameters)}" if parameters else ""), 303)
