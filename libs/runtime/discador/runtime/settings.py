"""Settings: one frozen dataclass per service, read once, all faults reported together.

    @dataclass(frozen=True)
    class WorkerSettings:
        redis_url: str = setting("DISCADOR_REDIS_URL", parse=url("redis", "rediss"), help="Redis")
        slots: int = setting("DISCADOR_WORKER_SLOTS", default=50, parse=integer(1, 1000), help="calls at once")

    settings = load(WorkerSettings)

A field without a default is required. `X_FILE` names a file that holds the value of `X`. A `.env` file
in the working directory is read; the real environment wins over it. An empty value counts as not set.
This is the only module that reads `os.environ`.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from .dotenv import read_dotenv
from .masking import mask_url
from .parsers import Address, boolean, choice, csv, duration, host_port, integer, number, text, url

__all__ = [
    "Address",
    "SettingsInvalid",
    "boolean",
    "choice",
    "csv",
    "describe",
    "duration",
    "environment",
    "hints",
    "host_port",
    "integer",
    "load",
    "number",
    "redacted",
    "setting",
    "text",
    "url",
    "variable",
]

S = TypeVar("S")
_PREFIX: Final = "DISCADOR_"
_REQUIRED: Final = dataclasses.MISSING


class SettingsInvalid(Exception):
    """The settings cannot be used; `faults` lists every one of them, each naming its variable."""

    error_id = "settings-invalid"

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def setting(
    env: str,
    *,
    default: Any = _REQUIRED,
    parse: Callable[[str], Any] = text,
    secret: bool = False,
    help: str = "",  # noqa: A002 - the word every command line library uses
) -> Any:
    """Declare a dataclass field that is read from the variable `env`. Without `default` it is required."""
    if secret and default not in (_REQUIRED, None, ""):
        raise TypeError(f"{env} is a secret: it must not have a default")
    metadata = {"env": env, "parse": parse, "secret": secret, "help": help}
    return dataclasses.field(default=default, kw_only=True, metadata=metadata)


def variable(name: str) -> str | None:
    """One variable of the real environment, for what is needed before settings exist (kill points)."""
    return os.environ.get(name) or None


def environment(directory: Path | None = None) -> dict[str, str]:
    """The process environment over the `.env` file of `directory` (default: the working directory)."""
    return {**read_dotenv((directory or Path.cwd()) / ".env"), **os.environ}


def describe(cls: type[Any]) -> tuple[dataclasses.Field[Any], ...]:
    """The fields of a settings class that come from the environment, in order; for documentation."""
    return tuple(field for field in dataclasses.fields(cls) if "env" in field.metadata)


def load(cls: type[S], environ: Mapping[str, str] | None = None) -> S:
    """Return the settings, or raise `SettingsInvalid` with all faults. `environ` replaces the real one."""
    source = environment() if environ is None else environ
    known = {field.metadata["env"] for field in describe(cls)}
    values: dict[str, Any] = {}
    faults: list[str] = []
    for field in describe(cls):
        try:
            raw = _raw(field.metadata["env"], source, known)
            if raw is not None:
                values[field.name] = _parsed(field, raw)
            elif field.default is _REQUIRED:
                faults.append(_missing(field.metadata))
        except ValueError as fault:
            faults.append(f"{field.metadata['env']} {fault}")
    if faults:
        raise SettingsInvalid((*faults, *hints(cls, source)))
    return cls(**values)


def hints(cls: type[Any], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Name the unknown `DISCADOR_*` variables that look like a misspelt known one.

    They are hints, not faults: the services share one `.env`, and a name may belong to another service.
    """
    known = {field.metadata["env"] for field in describe(cls)}
    known |= {f"{name}_FILE" for name in known}
    found = []
    for name in sorted(environ):
        if name.startswith(_PREFIX) and name not in known:
            close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.86)
            if close:
                found.append(f"{name} is not known here: is {close[0]} meant?")
    return tuple(found)


def redacted(settings: Any) -> dict[str, str]:
    """Variable → printable value; a secret is `***` when set, passwords inside URLs are hidden."""
    table = {}
    for field in describe(type(settings)):
        value = getattr(settings, field.name)
        if field.metadata["secret"]:
            shown = "***" if value else "(not set)"
        elif isinstance(value, (tuple, list)) and not isinstance(value, Address):
            shown = ",".join(mask_url(str(item)) for item in value)
        else:
            shown = "(not set)" if value is None else mask_url(str(value))
        table[field.metadata["env"]] = shown
    return table


def _missing(metadata: Mapping[str, Any]) -> str:
    meaning = f" ({metadata['help']})" if metadata["help"] else ""
    return f"{metadata['env']} is required{meaning}"


def _raw(name: str, source: Mapping[str, str], known: set[str]) -> str | None:
    direct = source.get(name) or None
    file_name = None if f"{name}_FILE" in known else source.get(f"{name}_FILE") or None
    if file_name is None:
        return direct
    if direct is not None:
        raise ValueError(f"and {name}_FILE are both set: keep one")
    try:
        content = Path(file_name).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot be read from {name}_FILE: {type(error).__name__}") from None
    if not content:
        raise ValueError(f"cannot be read from {name}_FILE: the file is empty")
    return content


def _parsed(field: dataclasses.Field[Any], raw: str) -> Any:
    try:
        return field.metadata["parse"](raw)
    except ValueError as fault:
        # A parser from outside may quote its input, which must not be shown for a secret.
        raise ValueError("is not valid" if field.metadata["secret"] else str(fault)) from None
