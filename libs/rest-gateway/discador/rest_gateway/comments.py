"""The comments of the protos, by full name, from a descriptor set compiled with source info."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf import descriptor_pb2

Path = tuple[int, ...]

# Field numbers of descriptor.proto: how a SourceCodeInfo path spells each kind of definition.
_FILE_MESSAGE, _FILE_ENUM, _FILE_SERVICE = 4, 5, 6
_MESSAGE_FIELD, _MESSAGE_NESTED, _MESSAGE_ENUM = 2, 3, 4
_ENUM_VALUE, _SERVICE_METHOD = 2, 2


def comments_of(file: descriptor_pb2.FileDescriptorProto) -> dict[str, str]:
    """Return the leading comments (or else the trailing ones) of everything defined in `file`."""
    texts = {
        tuple(location.path): location.leading_comments or location.trailing_comments
        for location in file.source_code_info.location
    }
    prefix = f"{file.package}." if file.package else ""
    return {name: _tidy(texts[path]) for name, path in _definitions(file, prefix) if texts.get(path)}


def summary_of(comment: str) -> str:
    """Return the first sentence."""
    paragraph = " ".join(comment.partition("\n\n")[0].split())
    return paragraph.partition(". ")[0].rstrip(".")


def _definitions(file: descriptor_pb2.FileDescriptorProto, prefix: str) -> Iterator[tuple[str, Path]]:
    for index, message in enumerate(file.message_type):
        yield from _message(message, prefix, (_FILE_MESSAGE, index))
    for index, enum in enumerate(file.enum_type):
        yield from _members(enum, enum.value, prefix, (_FILE_ENUM, index), _ENUM_VALUE)
    for index, service in enumerate(file.service):
        yield from _members(service, service.method, prefix, (_FILE_SERVICE, index), _SERVICE_METHOD)


def _message(message: descriptor_pb2.DescriptorProto, prefix: str, path: Path) -> Iterator[tuple[str, Path]]:
    yield from _members(message, message.field, prefix, path, _MESSAGE_FIELD)
    inner = f"{prefix}{message.name}."
    for index, nested in enumerate(message.nested_type):
        yield from _message(nested, inner, (*path, _MESSAGE_NESTED, index))
    for index, enum in enumerate(message.enum_type):
        yield from _members(enum, enum.value, inner, (*path, _MESSAGE_ENUM, index), _ENUM_VALUE)


def _members(owner: Any, members: Any, prefix: str, path: Path, number: int) -> Iterator[tuple[str, Path]]:
    yield prefix + owner.name, path
    for index, member in enumerate(members):
        yield f"{prefix}{owner.name}.{member.name}", (*path, number, index)


def _tidy(comment: str) -> str:
    return "\n".join(line.removeprefix(" ").rstrip() for line in comment.splitlines()).strip()
