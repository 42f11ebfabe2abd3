"""Build `libs/contract/discador/v1` from `protos/`: stubs, typing files and the descriptor set.

Run by `make protos`. Does nothing when the result is newer than every source.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import grpc_tools
from google.api import annotations_pb2
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "protos"
TARGET = ROOT / "libs" / "contract"
PACKAGE = TARGET / "discador" / "v1"
DESCRIPTORS = PACKAGE / "descriptors.binpb"


def include_paths() -> list[str]:
    """Where imports of google/api and google/protobuf are found: the installed packages carry the sources."""
    api = Path(str(annotations_pb2.__file__)).parents[2]
    well_known = Path(str(grpc_tools.__file__)).parent / "_proto"
    return [f"-I{SOURCE}", f"-I{api}", f"-I{well_known}"]


def build() -> int:
    """Generate everything; return protoc's exit code."""
    protos = sorted(str(p) for p in (SOURCE / "discador" / "v1").glob("*.proto"))
    newest = max(Path(p).stat().st_mtime for p in [*protos, __file__])
    if DESCRIPTORS.exists() and DESCRIPTORS.stat().st_mtime > newest:
        return 0
    shutil.rmtree(PACKAGE, ignore_errors=True)
    PACKAGE.mkdir(parents=True)
    # `discador` itself stays a namespace package; only the generated leaf is a regular one.
    (PACKAGE / "__init__.py").write_text('"""Generated from protos/discador/v1. Do not edit."""\n', encoding="utf-8")
    (PACKAGE / "py.typed").touch()
    outputs = [f"--python_out={TARGET}", f"--pyi_out={TARGET}", f"--grpc_python_out={TARGET}"]
    partial = DESCRIPTORS.with_suffix(".partial")
    image = [f"--descriptor_set_out={partial}", "--include_imports", "--include_source_info"]
    code = int(protoc.main(["protoc", *include_paths(), *outputs, *image, *protos]))
    if code == 0:
        partial.replace(DESCRIPTORS)
    return code


if __name__ == "__main__":
    sys.exit(build())
