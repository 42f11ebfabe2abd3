"""Field masks: which fields of a resource an update changes."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from discador.runtime.errors import InvalidInput

M = TypeVar("M", bound=Message)


def merged(current: M, update: M, mask: FieldMask, writable: Collection[str]) -> M:
    """Return `current` with the fields named by the mask taken from `update`.

    A path names a field of `writable`, or one beneath it (`settings.window.spans`). Lists and maps are
    replaced as a whole. Without paths, every writable field that `update` has set is taken.

    Raises:
        InvalidInput: paths that do not exist or cannot be changed, all of them together (`update-mask-invalid`).
    """
    paths = list(mask.paths) or [field.name for field, _ in update.ListFields() if field.name in writable]
    wrong = [path for path in paths if not _exists(update, path, writable)]
    if wrong:
        raise InvalidInput(
            "update_mask names fields that cannot be changed",
            error_id="update-mask-invalid",
            violations=[
                (
                    "update_mask",
                    f"{path[:80]!r} cannot be changed; possible: {', '.join(sorted(writable))} and what is in them",
                )
                for path in wrong
            ],
        )
    result = type(current)()
    result.CopyFrom(current)
    for path in paths:
        _copy(result, update, path.split("."))
    return result


def _exists(message: Message, path: str, writable: Collection[str]) -> bool:
    first, *rest = path.split(".")
    if first not in writable:
        return False
    descriptor = message.DESCRIPTOR.fields_by_name.get(first)
    for name in rest:
        # A path may enter messages, but not the entries of lists and maps.
        if descriptor is None or descriptor.message_type is None or descriptor.is_repeated:
            return False
        descriptor = descriptor.message_type.fields_by_name.get(name)
    return descriptor is not None


def _copy(target: Message, source: Message, path: list[str]) -> None:
    name, *rest = path
    if rest:
        _copy(getattr(target, name), getattr(source, name), rest)
        # An empty message that was written is there all the same.
        getattr(target, name).SetInParent()
        return
    target.ClearField(name)
    descriptor = target.DESCRIPTOR.fields_by_name[name]
    value = getattr(source, name)
    if descriptor.is_repeated:
        getattr(target, name).MergeFrom(value)
    elif descriptor.message_type is not None:
        if source.HasField(name):
            getattr(target, name).CopyFrom(value)
    else:
        setattr(target, name, value)
