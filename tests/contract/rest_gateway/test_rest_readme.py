"""The README is true: its example runs as it stands, but for the address of the service."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.rest_gateway.rest_kit import Library, library, serving_at

README = Path(__file__).parents[3] / "libs" / "rest-gateway" / "README.md"


async def test_a_third_party_mounts_its_service_in_ten_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = next(re.finditer(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL))[1]
    assert len([line for line in example.splitlines() if line]) <= 10
    (tmp_path / "library.binpb").write_bytes(library())
    monkeypatch.chdir(tmp_path)
    async with serving_at(Library()) as address:
        names: dict[str, Any] = {}
        assert '"localhost:50051"' in example
        exec(example.replace("localhost:50051", address), names)
        transport = httpx.ASGITransport(names["app"])
        async with httpx.AsyncClient(transport=transport, base_url="http://third.party") as client:
            assert (await client.get("/api/v1/books:count")).json() == "2"
            assert (await client.get("/api/openapi.json")).json()["servers"] == [{"url": "/api"}]
        await names["channel"].close()
