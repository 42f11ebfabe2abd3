"""Phone numbers in messages, masked for those who may not see them whole."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from .masking import mask_phone, mask_text

#: The contract's one word for a phone number.
_FIELD: Final = "number"


def hide_numbers(message: Message) -> None:
    """Mask every text field called `number` in the message and beneath, and every number in its maps of texts."""
    for field, value in message.ListFields():
        inner = field.message_type
        if inner is not None and inner.GetOptions().map_entry:
            _hide_in_map(inner.fields_by_name["value"], value)
        elif inner is not None:
            for part in value if field.is_repeated else (value,):
                hide_numbers(part)
        elif field.name == _FIELD and field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated:
            setattr(message, field.name, mask_phone(value))


def _hide_in_map(kind: FieldDescriptor, entries: Any) -> None:
    if kind.type == FieldDescriptor.TYPE_STRING:
        for key, text in list(entries.items()):
            entries[key] = mask_text(text)
    elif kind.message_type is not None:
        for part in entries.values():
            hide_numbers(part)
