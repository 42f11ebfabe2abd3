"""Names for running processes."""

from __future__ import annotations

import os
import re
import secrets
import socket


def instance_id(service: str) -> str:
    """Return a name no other process has or will have: `service-host-pid-random`.

    Call it once per process. The random part keeps a restarted container (same host, same pid) apart
    from its predecessor, whose leases and pending entries may still stand.
    """
    host = re.sub(r"[^A-Za-z0-9]+", "-", socket.gethostname()).strip("-").lower() or "host"
    return f"{service}-{host}-{os.getpid()}-{secrets.token_hex(3)}"
