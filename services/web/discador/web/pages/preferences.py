"""Language and theme, kept in cookies of the browser."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from discador.web.i18n.choice import COOKIE, LOCALES
from discador.web.pages.form_reading import fields_of
from discador.web.pages.render import THEME_COOKIE, THEMES

_YEAR_S: Final = 365 * 24 * 3600


async def preferences(request: Request) -> Response:
    """Keep what was chosen, and go back to where it was chosen. For visitors too: the login has a language."""
    fields = await fields_of(request)
    response = RedirectResponse(local_path(fields.text("next")), 303)
    for name, value, known in (
        (COOKIE, fields.text("language"), LOCALES),
        (THEME_COOKIE, fields.text("theme"), THEMES),
    ):
        if value in known:
            secure = request.url.scheme == "https"
            response.set_cookie(name, value, max_age=_YEAR_S, samesite="lax", httponly=True, secure=secure)
    return response


def local_path(wanted: str) -> str:
    """Return `wanted` if it is a path of ours, else `/`: nobody is sent to another site."""
    plain = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if plain and "\\" not in wanted else "/"


ROUTES: Final = [Route("/preferences", preferences, methods=["POST"])]
