"""Path templates in OpenAPI's form, where a parameter is one segment and equal paths are one path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from discador.rest_gateway.bindings import Binding, BoundVariable
from discador.rest_gateway.template import ANY, REST

_METHODS: Final = frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"})


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A wildcard of a template: `variable` it lies in, if any, and whether it is all of it."""

    at: int
    variable: BoundVariable | None
    is_whole: bool


class OpenApiPaths:
    """Names the wildcards of each shape, once: OpenAPI holds `/{a}` and `/{b}` for the same path.

    A wildcard that is all of a variable bears its name, one that is a part the literal before it:
    `/v1/{name=shelves/*/books/*}` is `/v1/shelves/{shelves}/books/{books}`.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, list[str]]] = {}

    def of(self, binding: Binding) -> tuple[str, list[tuple[str, Wildcard]]]:
        """Return the path, and the parameters in it by name."""
        template = binding.template
        wildcards = list(_wildcards(binding))
        if template.shape not in self._known:
            names = _distinct([_name_of(binding, wildcard) for wildcard in wildcards])
            path = _path(binding, wildcards, names)
            while path in {known for known, _ in self._known.values()}:  # `*` and `**` in the same place
                names = [name + "_" for name in names]
                path = _path(binding, wildcards, names)
            self._known[template.shape] = (path, names)
        path, names = self._known[template.shape]
        return path, list(zip(names, wildcards, strict=True))


def operation_key(http_method: str) -> str:
    """Return the key of an operation in its path item; OpenAPI 3.1 has no place for other methods but `x-`."""
    return http_method.lower() if http_method in _METHODS else f"x-{http_method.lower()}"


def _wildcards(binding: Binding) -> Iterator[Wildcard]:
    for at, segment in enumerate(binding.template.segments):
        if segment in (ANY, REST):
            found = [bound for bound in binding.variables if bound.variable.start <= at < bound.variable.end]
            variable = found[0] if found else None
            is_whole = variable is not None and variable.variable.end - variable.variable.start == 1
            yield Wildcard(at, variable, is_whole)


def _name_of(binding: Binding, wildcard: Wildcard) -> str:
    if wildcard.is_whole and wildcard.variable is not None:
        return "_".join(wildcard.variable.names)  # a dot is beyond most generators of clients
    before = binding.template.segments[wildcard.at - 1] if wildcard.at else ANY
    return "segment" if before in (ANY, REST) else before


def _distinct(names: list[str]) -> list[str]:
    taken: list[str] = []
    for name in names:
        number = 2
        unique = name
        while unique in taken:
            unique = f"{name}_{number}"
            number += 1
        taken.append(unique)
    return taken


def _path(binding: Binding, wildcards: list[Wildcard], names: list[str]) -> str:
    segments = list(binding.template.segments)
    for name, wildcard in zip(names, wildcards, strict=True):
        segments[wildcard.at] = "{" + name + "}"
    verb = binding.template.verb
    return "/" + "/".join(segments) + (f":{verb}" if verb else "")
