"""One HTTP route of one gRPC method, with everything resolved that can be before a request comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from discador.rest_gateway.template import Template, Variable

HTTP_BODY: Final = "google.api.HttpBody"
WHOLE: Final = "*"


@dataclass(frozen=True, slots=True)
class BoundVariable:
    variable: Variable
    fields: tuple[FieldDescriptor, ...]  # from the request down to the scalar

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)


@dataclass(frozen=True, slots=True)
class Binding:
    """`body` is None, `WHOLE`, or the name of the request's field the body fills."""

    service: str  # pkg.Service
    method: str  # Method
    http_method: str
    template: Template
    variables: tuple[BoundVariable, ...]
    request: Descriptor
    response: Descriptor
    body: str | None
    body_field: FieldDescriptor | None
    response_field: FieldDescriptor | None
    is_stream: bool
    mask_field: FieldDescriptor | None  # filled from the body's keys where the client leaves it empty
    index: int  # 0 for the rule itself, then its additional bindings

    @property
    def full_name(self) -> str:
        return f"{self.service}.{self.method}"

    @property
    def rpc(self) -> str:
        return f"/{self.service}/{self.method}"

    @property
    def body_type(self) -> Descriptor | None:
        """The message type of the body; None without a body, and for lists, maps and scalars."""
        if self.body == WHOLE:
            return self.request
        field = self.body_field
        return field.message_type if field is not None and not field.is_repeated else None

    @property
    def printed_type(self) -> Descriptor | None:
        """The message type of what is answered; None for lists, maps and scalars."""
        field = self.response_field
        if field is None:
            return self.response
        return None if field.is_repeated else field.message_type

    @property
    def takes_raw_body(self) -> bool:
        return self.body_type is not None and self.body_type.full_name == HTTP_BODY

    @property
    def answers_raw(self) -> bool:
        return self.printed_type is not None and self.printed_type.full_name == HTTP_BODY
