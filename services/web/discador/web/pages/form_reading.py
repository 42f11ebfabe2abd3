"""Reading what a form sent: numbers, and the faults that the master found, by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

from discador.runtime.remote_error import RemoteError
from discador.web.i18n.marks import N_

NOT_A_NUMBER = N_("must be a number")


class Fields:
    """A form's fields as text, and what was wrong with them."""

    def __init__(self, form: FormData | Mapping[str, Any]) -> None:
        self.form = form
        self.errors: dict[str, str] = {}

    def text(self, name: str) -> str:
        """Return the field, without blanks around it; empty if it was not sent."""
        value = self.form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def integer(self, name: str) -> int:
        """Return the field as a whole number; empty is 0. Notes a fault and returns 0 where it is none."""
        text = self.text(name)
        try:
            return int(text or 0)
        except ValueError:
            self.errors[name] = NOT_A_NUMBER
            return 0

    def number(self, name: str) -> float:
        """Return the field as a number, with a decimal point or comma; empty is 0."""
        text = self.text(name).replace(",", ".")
        try:
            return float(text or 0)
        except ValueError:
            self.errors[name] = NOT_A_NUMBER
            return 0.0

    def checked(self, name: str) -> bool:
        """Say whether a box was ticked."""
        return self.text(name) != ""

    def take(self, error: RemoteError, prefixes: tuple[str, ...]) -> None:
        """Note the faults that the master found, each at its field: the path without the first prefix that fits."""
        for path, text in error.violations:
            name = next((path.removeprefix(prefix) for prefix in prefixes if path.startswith(prefix)), path)
            self.errors.setdefault(name, text)


async def fields_of(request: Request) -> Fields:
    """Return the fields of the request's form."""
    return Fields(await request.form())


def id_of(request: Request, name: str = "id") -> int:
    """Return an id in the path; 404 for one beyond 64 bits."""
    number = int(request.path_params[name])
    if number >= 2**63:
        raise HTTPException(404)
    return number


def query_integer(request: Request, name: str) -> int:
    """Return a number of the query; 0 where it is missing or none."""
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
