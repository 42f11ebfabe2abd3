"""What the audit log says of a request: who, what, to what, before and after. Without secrets and whole numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from discador.core.errors import DomainError
from discador.core.numbering import normalise
from discador.master.convert.campaigns import campaign_to_wire
from discador.master.convert.dnc import dnc_to_wire
from discador.master.convert.identity import token_to_wire, user_to_wire
from discador.master.convert.trunks import trunk_to_wire
from discador.runtime.caller import current_caller
from discador.runtime.masking import mask_phone, mask_text
from discador.store import Store
from discador.store.errors import StoreError
from discador.store.records import Deed
from discador.v1 import node_pb2, system_pb2

M = TypeVar("M", bound=Message)

#: Programs add leads by the thousand; each says itself when it was added, and by which import.
UNRECORDED: Final = frozenset({"CreateLeadRequest"})
_SECRET: Final = re.compile(r"passw|secret|\bcode\b|\buri\b", re.IGNORECASE)
#: What changes by itself, or on every change.
_NOISE: Final = frozenset(
    {"counters", "checks", "live", "dialling", "updated_at", "etag", "services", "taken_at", "last_login_at"}
)
_MOST_CHARS: Final = 20_000
_WORDS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def recorded(store: Store, request: Message, work: Callable[[], M]) -> Callable[[], M]:
    """Return `work` that also records itself; to be run in one transaction."""
    if request.DESCRIPTOR.name in UNRECORDED:
        return work

    def both() -> M:
        before = _before(store, request)
        answer = work()
        store.audit.append(deed_of(request, before, answer))
        return answer

    return both


def deed_of(request: Message, before: Message | None = None, answer: Message | None = None) -> Deed:
    """Return what is recorded of a request of the current caller."""
    was = _told(before) if before is not None else {}
    action = request.DESCRIPTOR.name.removesuffix("Request")
    is_now = {} if answer is None or action.startswith("Delete") else _told(answer)
    if was and is_now:
        was, is_now = _differences(was, is_now)
    return own_deed(action, _object(action, request, before, answer), was, is_now, getattr(request, "reason", ""))


def own_deed(
    action: str,
    what: str = "",
    was: Mapping[str, Any] | None = None,
    now: Mapping[str, Any] | None = None,
    why: str = "",
) -> Deed:
    """Return a deed of the current caller."""
    caller = current_caller()
    return Deed(
        actor=caller.title,
        user_id=caller.id,
        address=caller.address,
        action=action,
        object=mask_text(what),
        before=_json(was),
        after=_json(now),
        reason=mask_text(why),
    )


def _object(action: str, request: Any, before: Any, answer: Any) -> str:
    for message in (answer, before):
        if message is not None and message.DESCRIPTOR.name == "DncEntry":
            return f"dnc-entry {mask_phone(message.number)}"
        if message is not None and (found := _identified(message)):
            return found
    if answer is not None and answer.DESCRIPTOR.name == "System":
        return "system"
    noun = "-".join(_WORDS.split(action)[1:]).lower()
    return f"{noun} {request.id}" if getattr(request, "id", 0) else noun


def _identified(message: Any) -> str:
    """`campaign 7` of a campaign, or of a message that holds one."""
    fields = message.DESCRIPTOR.fields_by_name
    if "id" in fields:
        return f"{'-'.join(_WORDS.split(message.DESCRIPTOR.name)).lower()} {message.id}" if message.id else ""
    for field, value in message.ListFields():
        if field.message_type is not None and not field.is_repeated and "id" in field.message_type.fields_by_name:
            return _identified(value)
    return ""


def _told(message: Message) -> dict[str, Any]:
    whole = MessageToDict(message, preserving_proto_field_name=True)
    return {name: _clean(name, value) for name, value in whole.items() if name not in _NOISE}


def _clean(name: str, value: Any) -> Any:
    if _SECRET.search(name):
        return "***"
    if isinstance(value, dict):
        return {inner: _clean(inner, part) for inner, part in value.items()}
    if isinstance(value, list):
        return [_clean(name, part) for part in value]
    if isinstance(value, str):
        return mask_phone(value) if name == "number" else mask_text(value)
    return value


def _differences(was: dict[str, Any], now: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    left, right = {}, {}
    for name in {**was, **now}:
        old, new = was.get(name), now.get(name)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            old, new = _differences(old, new)
        left[name], right[name] = old, new
    return left, right


def _json(told: Mapping[str, Any] | None) -> str:
    if not told:
        return ""
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _MOST_CHARS else json.dumps({"too_long": len(text)})


def _before(store: Store, request: Any) -> Message | None:
    """Return what the request is about to change; None where that is nothing, or cannot be known."""
    name = request.DESCRIPTOR.name
    read = _BEFORE.get(name) or next((read for end, read in _BEFORE_BY_NOUN if name.endswith(end)), None)
    if read is None or name.startswith(("Create", "Import")):
        return None
    try:
        return read(store, request)
    except (StoreError, DomainError):
        return None  # `work` will say what is wrong


def _system(store: Store, _: Any) -> system_pb2.System:
    kept = store.system.get()
    state = system_pb2.SYSTEM_STATE_RUNNING if kept.dialling else system_pb2.SYSTEM_STATE_STOPPED
    return system_pb2.System(state=state, commanded_by=kept.commanded_by)


def _node(store: Store, node_id: int) -> node_pb2.Node:
    kept = store.nodes.get(node_id)
    return node_pb2.Node(id=kept.id, name=kept.name, gateway_address=kept.gateway_address, disabled=kept.disabled)


def _token(store: Store, token_id: int) -> Message:
    kept = store.tokens.get(token_id)
    return token_to_wire(kept, store.users.get(kept.user_id).name)


_BEFORE: Final[dict[str, Callable[[Store, Any], Message]]] = {
    "UpdateCampaignRequest": lambda store, r: campaign_to_wire(store.campaigns.get(r.campaign.id)),
    "UpdateTrunkRequest": lambda store, r: trunk_to_wire(store.trunks.get(r.trunk.id), 0),
    "UpdateNodeRequest": lambda store, r: _node(store, r.node.id),
    "UpdateUserRequest": lambda store, r: user_to_wire(store.users.get(r.user.id)),
    "UpdateMeRequest": lambda store, r: user_to_wire(store.users.get(current_caller().id)),
    "DeleteDncEntryRequest": lambda store, r: dnc_to_wire(store.dnc.get(normalise(r.number).e164)),
    "SetPasswordRequest": lambda store, r: user_to_wire(store.users.get(r.id)),
    "ResetTotpRequest": lambda store, r: user_to_wire(store.users.get(r.id)),
}
_BEFORE_BY_NOUN: Final[tuple[tuple[str, Callable[[Store, Any], Message]], ...]] = (
    ("CampaignRequest", lambda store, r: campaign_to_wire(store.campaigns.get(r.id))),
    ("TrunkRequest", lambda store, r: trunk_to_wire(store.trunks.get(r.id), 0)),
    ("NodeRequest", lambda store, r: _node(store, r.id)),
    ("TokenRequest", lambda store, r: _token(store, r.id)),
    ("SystemRequest", _system),
)
