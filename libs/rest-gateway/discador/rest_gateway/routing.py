"""Which route answers a method and a path.

The most specific template wins, segment by segment from the left: literal > `*` > `**`, whatever the
order the routes were added in. Matching works on the path as sent, before any percent-decoding, so an
encoded "/" or ":" never counts as structure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from discador.rest_gateway.template import ANY, REST, Template

T = TypeVar("T")


class DuplicateRoute(ValueError):
    """A route of the same method and shape is there already; `existing` is its template."""

    def __init__(self, existing: Template) -> None:
        super().__init__(existing.text)
        self.existing = existing


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    target: T
    template: Template
    segments: tuple[str, ...]  # of the path, undecoded, without the verb


@dataclass(slots=True)
class _Node(Generic[T]):
    literals: dict[str, _Node[T]] = field(default_factory=dict)
    any: _Node[T] | None = None
    leaf: tuple[Template, T] | None = None
    rests: list[tuple[tuple[str, ...], Template, T]] = field(default_factory=list)  # tail after `**` first


class RouteTable(Generic[T]):
    """Routes by method, shape and verb. `match` reads, so one table serves any number of requests."""

    def __init__(self) -> None:
        self._roots: dict[tuple[str, str], _Node[T]] = {}
        self._methods: set[str] = set()
        self._verbs: set[str] = {""}

    def add(self, method: str, template: Template, target: T) -> None:
        """Add a route; raises `DuplicateRoute`."""
        node = self._roots.setdefault((method, template.verb), _Node())
        self._methods.add(method)
        self._verbs.add(template.verb)
        for at, segment in enumerate(template.segments):
            if segment == REST:
                _add_rest(node, template.segments[at + 1 :], template, target)
                return
            if segment == ANY:
                node.any = node.any or _Node()
                node = node.any
            else:
                node = node.literals.setdefault(segment, _Node())
        if node.leaf:
            raise DuplicateRoute(node.leaf[0])
        node.leaf = (template, target)

    def match(self, method: str, path: str) -> Match[T] | None:
        """Return the route of an undecoded `path` that begins with "/", or None. HEAD falls back to GET."""
        found = self._find(method, *self._split(path))
        if found is None and method == "HEAD":
            return self._find("GET", *self._split(path))
        return found

    def allowed(self, path: str) -> list[str]:
        """Return the methods under which `path` is known, sorted: the value of `Allow`."""
        return sorted(m for m in {*self._methods, "HEAD"} if self.match(m, path))

    def _split(self, path: str) -> tuple[tuple[str, ...], str]:
        segments = path[1:].split("/")
        last, colon, suffix = segments[-1].rpartition(":")
        if colon and suffix in self._verbs and suffix:
            return (*segments[:-1], last), suffix
        return tuple(segments), ""

    def _find(self, method: str, segments: tuple[str, ...], verb: str) -> Match[T] | None:
        root = self._roots.get((method, verb))
        if root is None or "" in segments:
            return None
        for template, target in _candidates(root, segments, 0):
            return Match(target, template, segments)
        return None


def _add_rest(node: _Node[T], tail: tuple[str, ...], template: Template, target: T) -> None:
    for other, existing, _ in node.rests:
        if other == tail:
            raise DuplicateRoute(existing)
    node.rests.append((tail, template, target))
    # A longer tail says more; of two as long, the one whose first difference is a literal does.
    node.rests.sort(key=lambda rest: (-len(rest[0]), [segment == ANY for segment in rest[0]], rest[0]))


def _candidates(node: _Node[T], segments: tuple[str, ...], at: int) -> Iterator[tuple[Template, T]]:
    """Yield the routes below `node` that match, the most specific first."""
    if at < len(segments):
        if below := node.literals.get(segments[at]):
            yield from _candidates(below, segments, at + 1)
        if node.any:
            yield from _candidates(node.any, segments, at + 1)
    elif node.leaf:
        yield node.leaf
    for tail, template, target in node.rests:
        end = segments[len(segments) - len(tail) :]
        fits = len(segments) - at >= len(tail)
        if fits and all(want in (ANY, got) for want, got in zip(tail, end, strict=True)):
            yield template, target
