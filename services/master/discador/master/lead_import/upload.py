"""A file on its way in: its bytes, and whether they are those that were announced."""

from __future__ import annotations

import hashlib
import io
from typing import Any, Final, TypeAlias

from discador.master.lead_import.errors import ImportRefused
from discador.master.lead_import.feed import ByteFeed, UploadBroken

#: mypy knows the reader by what it reads from, which matters to nobody.
BinaryReader: TypeAlias = "io.BufferedReader[Any]"
_BUFFER_BYTES: Final = 256 * 1024


class Upload:
    """Read once, by one thread. `size` 0: not announced."""

    def __init__(self, raw: ByteFeed | io.BytesIO, sha256: str, size: int) -> None:
        self._raw = raw
        self.sha256 = sha256
        self.size = size

    @classmethod
    def whole(cls, content: bytes) -> Upload:
        """A file that is here already."""
        return cls(io.BytesIO(content), hashlib.sha256(content).hexdigest(), len(content))

    @property
    def bytes_read(self) -> int:
        """How far it was read."""
        return self._raw.bytes_read if isinstance(self._raw, ByteFeed) else self._raw.tell()

    def open(self) -> BinaryReader:
        """Return the file to read from."""
        return io.BufferedReader(self._raw, _BUFFER_BYTES)

    def verify(self) -> None:
        """Call it at the end of the file.

        Raises:
            UploadBroken: fewer bytes came than were announced: the sender went away.
            ImportRefused: other bytes came than were announced.
        """
        if not isinstance(self._raw, ByteFeed):
            return
        if self._raw.bytes_read < self.size:
            raise UploadBroken("the upload ended before the file did")
        if self.size and self._raw.bytes_read > self.size:
            raise ImportRefused(
                "import-checksum-mismatch",
                f"{self._raw.bytes_read} bytes came and {self.size} were announced: send the whole file again",
            )
        if self._raw.sha256 != self.sha256:
            raise ImportRefused(
                "import-checksum-mismatch",
                "the bytes that came do not have the SHA-256 that was announced: send the file again",
            )
