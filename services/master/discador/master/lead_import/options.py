"""How a file is to be read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Columns are header names or numbers from 1; an empty one is guessed. See `ImportOptions` in the contract."""

    file_name: str = ""
    number: str = ""
    name: str = ""
    external_id: str = ""
    priority: str = ""
    fields: tuple[str, ...] = ()
    region: str = "BR"  #: of numbers without a country code, ISO 3166-1 alpha-2
    header: str = "auto"  #: auto, yes or no
    default_priority: int = 50
    dry_run: bool = False

    def digest_of_run(self, run: int = 0) -> str:
        """Hash of everything that changes what is read; the file's name does not. Runs above 0 begin afresh."""
        told = {key: value for key, value in asdict(self).items() if key != "file_name"}
        told["run"] = run
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
