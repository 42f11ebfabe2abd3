"""Templates with the words, formats and rights of whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateNotFound
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from discador.core.identity import Permission
from discador.core.numbering import mask
from discador.web.i18n.catalogue import translations
from discador.web.i18n.choice import LOCALES, locale_of
from discador.web.i18n.formats import Formats
from discador.web.i18n.server_text import server_text
from discador.web.live.hub import Hub, figures_of
from discador.web.pages import words
from discador.web.pages.caller import caller_of, may
from discador.web.pages.navigation import groups_for
from discador.web.pages.notices import notice_of
from discador.web.static_files import asset

THEME_COOKIE: Final = "discador_theme"
THEMES: Final = ("system", "light", "dark")


class Renderer:
    """Renders templates; one Jinja environment a language, made once."""

    def __init__(self, default_zone: str, version: str, hub: Hub) -> None:
        self.default_zone = default_zone
        self._version = version
        self._hub = hub
        self._environments = {locale: _environment(locale) for locale in LOCALES}

    def screen(
        self, request: Request, name: str, context: Mapping[str, Any] | None = None, status: int = 200
    ) -> HTMLResponse:
        """Return a screen: the whole page, or, with `?part=`, one block of it, made of the same template."""
        part = request.query_params.get("part", "")
        if part and not (part.isascii() and part.isalpha()):
            raise HTTPException(404)
        template = f"{name}/_{part}.html" if part else f"{name}/page.html"
        try:
            return self.page(request, template, context, status)
        except TemplateNotFound as error:
            if part and error.name == template:
                raise HTTPException(404) from None
            raise

    def page(
        self, request: Request, template: str, context: Mapping[str, Any] | None = None, status: int = 200
    ) -> HTMLResponse:
        """Return one template as an answer."""
        return HTMLResponse(self._text(request, template, context), status)

    def _text(self, request: Request, template: str, context: Mapping[str, Any] | None = None) -> str:
        locale, formats = self._choices(request)
        environment = self._environments[locale]
        full = {
            "request": request,
            "path": request.url.path,
            "caller": caller_of(request),
            "csrf_token": _csrf_token(request),
            "csrf_field": lambda: Markup('<input type="hidden" name="csrf_token" value="{}">').format(
                _csrf_token(request)()
            ),
            "may": lambda permission: may(request, permission),
            "number": lambda e164: e164 if may(request, Permission.NUMBER_REVEAL) else mask(e164),
            "navigation": groups_for(request),
            "language": locale,
            "language_tag": locale.replace("_", "-"),
            "zone": str(formats.zone),
            "theme": _theme(request),
            "fmt": formats,
            "as_of": datetime.now(UTC),
            "seen_system": self._hub.system,
            "seen_figures": figures_of(self._hub.system) if self._hub.system else {},
            "seen_at": self._hub.checked_at,
            "notice": notice_of(request, translations(locale).gettext),
            "version": self._version,
            "translated": lambda pairs: [(key, translations(locale).gettext(word)) for key, word in pairs],
            "told": lambda text: server_text(text, translations(locale).gettext, formats),
            **(context or {}),
        }
        return environment.get_template(template).render(full)

    def gettext(self, request: Request) -> Callable[[str], str]:
        """Return the function that translates for the one who asks."""
        return translations(self._choices(request)[0]).gettext

    def _choices(self, request: Request) -> tuple[str, Formats]:
        caller = caller_of(request)
        locale = locale_of(request, caller.locale if caller else "")
        try:
            zone = ZoneInfo((caller.zone if caller else "") or self.default_zone)
        except (KeyError, ValueError, OSError):
            zone = ZoneInfo(self.default_zone)
        return locale, Formats(locale, zone)


def _environment(locale: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("discador.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    environment.install_gettext_translations(translations(locale), newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {"asset": asset, "words": words, "P": Permission}
    environment.filters["word"] = translations(locale).gettext
    return environment


def _csrf_token(request: Request) -> Callable[[], str]:
    found: Any = getattr(request.state, "csrf_token", None)
    if callable(found):
        return lambda: str(found())
    return lambda: str(found or "")


def _theme(request: Request) -> str:
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "system"
