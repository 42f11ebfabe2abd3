"""What the package offers, and what it leans on."""

from __future__ import annotations

import ast
from pathlib import Path

import discador.rest_gateway

PACKAGE = Path(discador.rest_gateway.__file__).parent


def test_the_public_names_are_these() -> None:
    assert discador.rest_gateway.__all__ == ["Deadlines", "GatewayRefused", "Refusal", "RequestError", "RestGateway"]
    for name in discador.rest_gateway.__all__:
        assert getattr(discador.rest_gateway, name).__doc__


def test_nothing_else_of_discador_is_imported() -> None:
    for file in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert not name.startswith("discador") or name.startswith("discador.rest_gateway"), (file, name)
