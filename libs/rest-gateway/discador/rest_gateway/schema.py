"""The types of a compiled descriptor set, in a pool of their own.

Nothing is registered in protobuf's default pool, so the same protos may be generated, imported and
served in one process.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, duration_pb2, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

from discador.rest_gateway.refusals import GatewayRefused, Refusal

# Details of errors come in these, whether or not the descriptor set imports them.
_ALWAYS_KNOWN: Final = (any_pb2, duration_pb2, error_details_pb2, status_pb2)


class Schema:
    """The files of a `FileDescriptorSet` made with its imports (`protoc --include_imports`).

    Raises `GatewayRefused` where the bytes are no such set or an import is missing.
    """

    def __init__(self, descriptor_set: bytes) -> None:
        try:
            parsed = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set)
        except DecodeError:
            reason = "these bytes are no compiled FileDescriptorSet"
            raise GatewayRefused([Refusal("descriptor set", "descriptor-set", reason)]) from None
        self.files = {file.name: file for file in parsed.file}
        self.pool = descriptor_pool.DescriptorPool()
        self._added: set[str] = set()
        self._fields: dict[str, dict[str, FieldDescriptor]] = {}
        for name in self.files:
            self._add(name, self.files)
        known = {module.DESCRIPTOR.name: _proto_of(module) for module in _ALWAYS_KNOWN}
        for name in known:
            self._add(name, known)

    def _add(self, name: str, files: dict[str, descriptor_pb2.FileDescriptorProto]) -> None:
        if name in self._added:
            return
        if name not in files:
            reason = f"{name} is imported but missing: compile the set with --include_imports"
            raise GatewayRefused([Refusal("descriptor set", "descriptor-set", reason)])
        self._added.add(name)
        for dependency in files[name].dependency:
            self._add(dependency, files)
        try:
            self.pool.Add(files[name])
        except TypeError as error:
            raise GatewayRefused([Refusal("descriptor set", "descriptor-set", f"{name}: {error}")]) from None

    def services(self) -> Iterator[tuple[str, descriptor_pb2.ServiceDescriptorProto]]:
        """Yield the full name and the definition of each service, in file order."""
        for file in self.files.values():
            for service in file.service:
                yield (f"{file.package}." if file.package else "") + service.name, service

    def message(self, full_name: str) -> Descriptor:
        """Raises `KeyError`."""
        return self.pool.FindMessageTypeByName(full_name)

    def new(self, descriptor: Descriptor) -> Message:
        return message_factory.GetMessageClass(descriptor)()

    def field(self, descriptor: Descriptor, name: str) -> FieldDescriptor | None:
        """Return the field called `name` in the proto or in JSON."""
        fields = self._fields.get(descriptor.full_name)
        if fields is None:
            fields = {field.json_name: field for field in descriptor.fields}
            fields |= {field.name: field for field in descriptor.fields}
            self._fields[descriptor.full_name] = fields
        return fields.get(name)


def is_map(field: FieldDescriptor) -> bool:
    entry = field.message_type
    return entry is not None and bool(entry.GetOptions().map_entry)


def is_message(field: FieldDescriptor) -> bool:
    return field.message_type is not None and not is_map(field)


def is_singular_string(field: FieldDescriptor | None) -> bool:
    return field is not None and field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated


def _proto_of(module: Any) -> descriptor_pb2.FileDescriptorProto:
    proto = descriptor_pb2.FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(proto)
    return proto
