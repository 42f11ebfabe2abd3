"""The words of one language, read from its `.po` file: nothing has to be compiled before the service starts."""

from __future__ import annotations

import gettext
import io
from functools import cache
from importlib import resources

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


@cache
def translations(locale: str) -> gettext.NullTranslations:
    """Return the translations of `locale`; English is what the messages are written in and needs none."""
    file = resources.files("discador.web.i18n").joinpath("locales", locale, "messages.po")
    if not file.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(file.read_bytes()), locale=locale))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
