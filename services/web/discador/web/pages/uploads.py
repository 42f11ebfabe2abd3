"""Files between their upload and their import: kept in a private directory for an hour, then forgotten."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from discador.v1 import lead_pb2

LARGEST: Final = 512 * 1024 * 1024
_KEPT_S: Final = 3600.0
_MOST: Final = 20
_CHUNK: Final = 512 * 1024


class UploadTooLarge(Exception):
    """The file has more than `LARGEST` bytes."""


@dataclass
class Upload:
    """A file that somebody is about to import."""

    token: str
    path: Path
    file_name: str
    campaign_id: int
    owner: int  #: id of the user; nobody else sees it
    size: int
    sha256: str
    kept_since: float = field(default_factory=time.monotonic)
    options: dict[str, str] = field(default_factory=dict)
    running: bool = False
    progress: Any = None  #: the last `lead_pb2.Import` that the master answered
    error: str = ""


class Uploads:
    """The files of one web service. The directory ends with the process that made it."""

    def __init__(self) -> None:
        self._directory: Path | None = None
        self._kept: dict[str, Upload] = {}

    async def keep(self, file: Any, file_name: str, campaign_id: int, owner: int) -> Upload:
        """Keep an uploaded file. Raises `UploadTooLarge`."""
        self._forget_old()
        if self._directory is None:
            self._directory = Path(tempfile.mkdtemp(prefix="discador-uploads-"))
        token = secrets.token_urlsafe(18)
        path = self._directory / token
        digest, size = hashlib.sha256(), 0
        with path.open("xb") as target:
            while chunk := await file.read(_CHUNK):
                size += len(chunk)
                if size > LARGEST:
                    target.close()
                    path.unlink()
                    raise UploadTooLarge
                digest.update(chunk)
                target.write(chunk)
        upload = Upload(token, path, Path(file_name).name[:255], campaign_id, owner, size, digest.hexdigest())
        self._kept[token] = upload
        return upload

    def get(self, token: str, owner: int) -> Upload | None:
        """Return a file of that owner."""
        upload = self._kept.get(token)
        return upload if upload is not None and upload.owner == owner else None

    def close(self) -> None:
        """Delete everything."""
        self._kept.clear()
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    def _forget_old(self) -> None:
        """Room for one more: those unused for an hour go, and the oldest beyond the most that are kept."""
        idle = sorted((u for u in self._kept.values() if not u.running), key=lambda upload: upload.kept_since)
        too_many = len(self._kept) + 1 - _MOST
        for position, upload in enumerate(idle):
            if position < too_many or time.monotonic() - upload.kept_since > _KEPT_S:
                upload.path.unlink(missing_ok=True)
                del self._kept[upload.token]


async def messages(
    upload: Upload, options: lead_pb2.ImportOptions, request_id: str
) -> AsyncIterator[lead_pb2.StreamImportRequest]:
    """Yield what StreamImport wants: what the file is, then the file."""
    start = lead_pb2.ImportStart(
        campaign_id=upload.campaign_id,
        options=options,
        sha256=upload.sha256,
        size=upload.size,
        request_id=request_id,
    )
    yield lead_pb2.StreamImportRequest(start=start)
    with upload.path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield lead_pb2.StreamImportRequest(chunk=chunk)
