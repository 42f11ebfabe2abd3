"""The path template of `google.api.http`, parsed.

    Template = "/" Segments [ ":" Verb ]          Segments = Segment { "/" Segment }
    Segment  = "*" | "**" | LITERAL | Variable    Variable = "{" FieldPath [ "=" Segments ] "}"

At most one `**` stands in a template; a tail of fixed length may follow it. Variables do not nest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

ANY: Final = "*"
REST: Final = "**"

_LITERAL: Final = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()+,;=@]|%[0-9A-Fa-f]{2})+")
_FIELD_PATH: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)


class TemplateError(ValueError):
    """The text is no template; the message says why."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A field bound to the template's segments `start` up to, not including, `end`."""

    field_path: tuple[str, ...]
    start: int
    end: int
    is_multi: bool  # may take in a "/": its text keeps "%2F" encoded


@dataclass(frozen=True, slots=True)
class Template:
    text: str
    segments: tuple[str, ...]  # literals as written, "*" or "**"
    variables: tuple[Variable, ...]
    verb: str

    @property
    def shape(self) -> str:
        """The template without its names: two routes of one shape answer the same paths."""
        return "/" + "/".join(self.segments) + (f":{self.verb}" if self.verb else "")

    def text_of(self, variable: Variable, path_segments: tuple[str, ...]) -> str:
        """Return what `variable` takes of a path this template matches, still encoded."""
        surplus = len(path_segments) - len(self.segments)
        rest_at = self.segments.index(REST) if REST in self.segments else len(self.segments)
        start, end = (at if at <= rest_at else at + surplus for at in (variable.start, variable.end))
        return "/".join(path_segments[start:end])


def parse(text: str) -> Template:
    """Return the template written as `text`; raises `TemplateError`."""
    if not text.startswith("/"):
        raise TemplateError("a template begins with '/'")
    body, verb = _split_verb(text)
    segments: list[str] = []
    variables: list[Variable] = []
    for part in _split_segments(body[1:]):
        if not part.startswith("{"):
            segments.append(_segment(part))
            continue
        name, has_pattern, pattern = part[1:-1].partition("=")
        if not _FIELD_PATH.fullmatch(name):
            raise TemplateError(f"{name!r} is no field path")
        inner = [_segment(piece) for piece in pattern.split("/")] if has_pattern else [ANY]
        start = len(segments)
        segments += inner
        is_multi = len(inner) > 1 or REST in inner
        variables.append(Variable(tuple(name.split(".")), start, len(segments), is_multi))
    if segments.count(REST) > 1:
        raise TemplateError("only one '**' may stand in a template")
    if len({variable.field_path for variable in variables}) < len(variables):
        raise TemplateError("a field is bound twice")
    return Template(text, tuple(segments), tuple(variables), verb)


def _split_verb(text: str) -> tuple[str, str]:
    last = max(text.rfind("/"), text.rfind("}"))
    colon = text.find(":", last)
    if colon < 0:
        return text, ""
    verb = text[colon + 1 :]
    if not _LITERAL.fullmatch(verb):
        raise TemplateError(f"{verb!r} is no verb")
    return text[:colon], verb


def _split_segments(text: str) -> list[str]:
    """Split at the slashes outside braces."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
        elif character == "/" and depth == 0:
            parts.append(text[start:at])
            start = at + 1
        if depth not in (0, 1):
            raise TemplateError("braces do not match, or a variable stands in a variable")
    if depth:
        raise TemplateError("a brace is not closed")
    parts.append(text[start:])
    for part in parts:
        if ("{" in part or "}" in part) and not (part.startswith("{") and part.endswith("}")):
            raise TemplateError(f"{part!r}: a variable fills whole segments")
    return parts


def _segment(text: str) -> str:
    if text in (ANY, REST) or _LITERAL.fullmatch(text):
        return text
    raise TemplateError(f"{text!r} is no segment" if text else "a segment is empty")
