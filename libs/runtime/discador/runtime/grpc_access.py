"""Permissions at every RPC: whoever the caller is, what it may do is checked by the service that does it."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeAlias

import grpc

from discador.core.identity import SYSTEM, Caller, CallerKind, Permission, Rule, rule_of

from .caller import METADATA_KEY, InvalidCaller, decoded, set_caller
from .errors import NotFound, PermissionDenied, ServiceError, Unauthenticated
from .hidden_numbers import hide_numbers

_OURS: Final = "/discador."
_Continuation: TypeAlias = "Callable[[grpc.HandlerCallDetails], Awaitable[Any]]"


class Access(grpc.aio.ServerInterceptor):
    """Part of every `GrpcServer`; works inside the check of the service token.

    Reads who calls from the metadata, makes it `current_caller()`, and refuses what `core.identity` does not allow:
    RPCs without the permission, and those about campaigns beyond the caller's. Whole phone numbers are masked in the
    answers to callers without `number:reveal`.
    """

    async def intercept_service(
        self, continuation: _Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        handler = await continuation(handler_call_details)
        method = handler_call_details.method or ""
        if handler is None or not method.startswith(_OURS):
            return handler
        try:
            judge = _Judge(_caller_of(handler_call_details), method)
        except ServiceError as refusal:
            return _rebuilt(handler, _Refusal(refusal))
        return _rebuilt(handler, judge)


class _Judge:
    """Decides about one call."""

    def __init__(self, caller: Caller, method: str) -> None:
        self.caller = caller
        service, _, name = method.removeprefix("/").rpartition("/")
        self._rule = _required(caller, service, name)

    def enter(self) -> None:
        set_caller(self.caller)

    def check(self, request: Any) -> None:
        """Raises `PermissionDenied` where the request is about a campaign beyond the caller's."""
        rule = self._rule
        if rule is not None and rule.request and not self.caller.reaches(campaign := _at(request, rule.request)):
            what = f"campaign {campaign}" if campaign else "all campaigns: name one"
            raise PermissionDenied(f"you may not work with {what}", error_id="campaign-denied")

    def cut(self, answer: Any) -> Any:
        """Return the answer without what the caller may not see."""
        rule = self._rule
        if rule is None:
            return answer
        if rule.answer and not self.caller.reaches(_at(answer, rule.answer)):
            raise NotFound("it does not exist, or belongs to a campaign that you may not work with")
        if rule.each is not None and self.caller.campaigns:
            entries = getattr(answer, rule.each[0])
            kept = [entry for entry in entries if self.caller.reaches(_at(entry, rule.each[1]))]
            del entries[:]
            entries.extend(kept)
        if not self.caller.may(Permission.NUMBER_REVEAL):
            hide_numbers(answer)
        return answer


class _Refusal(_Judge):
    """Refuses whatever comes."""

    def __init__(self, refusal: ServiceError) -> None:
        self.caller = SYSTEM
        self._rule = None
        self._refusal = refusal

    def enter(self) -> None:
        raise self._refusal


def _caller_of(details: grpc.HandlerCallDetails) -> Caller:
    values = [value for name, value in details.invocation_metadata or () if name == METADATA_KEY]
    if not values:
        return SYSTEM
    try:
        [value] = values
        caller = decoded(value)
    except (InvalidCaller, ValueError):
        raise Unauthenticated(f"{METADATA_KEY} cannot be read", error_id="caller-invalid") from None
    if caller.kind is CallerKind.SYSTEM:
        raise Unauthenticated("the system tells no caller", error_id="caller-invalid")
    return caller


def _required(caller: Caller, service: str, name: str) -> Rule | None:
    if caller is SYSTEM:
        return None
    rule = rule_of(service, name)
    if rule is None:
        raise PermissionDenied("only services may call this", error_id="internal-method")
    needs = [rule.permission, *([Permission.NUMBER_REVEAL] if rule.reveals else ())]
    missing = [need for need in needs if not caller.may(need)]
    if missing:
        raise PermissionDenied(f"this needs the permission {', '.join(missing)}")
    if rule.unlimited and caller.campaigns:
        raise PermissionDenied("this concerns all campaigns, and you are limited to some", error_id="campaign-denied")
    return rule


def _at(message: Any, path: str) -> int:
    for part in path.split("."):
        message = getattr(message, part)
    return int(message)


def _rebuilt(handler: Any, judge: _Judge) -> Any:
    behaviour = handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream

    def admitted(request: Any) -> Any:
        judge.enter()
        if handler.request_streaming:
            return _first_checked(request, judge)
        judge.check(request)
        return request

    if not handler.response_streaming:

        async def unary(request: Any, context: Any) -> Any:
            return judge.cut(await behaviour(admitted(request), context))

        make: Any = (
            grpc.stream_unary_rpc_method_handler if handler.request_streaming else grpc.unary_unary_rpc_method_handler
        )
        return make(unary, handler.request_deserializer, handler.response_serializer)

    async def generator(request: Any, context: Any) -> AsyncIterator[Any]:
        async for message in behaviour(admitted(request), context):
            yield judge.cut(message)

    async def writer(request: Any, context: Any) -> None:
        await behaviour(admitted(request), context)

    make = grpc.stream_stream_rpc_method_handler if handler.request_streaming else grpc.unary_stream_rpc_method_handler
    chosen = generator if inspect.isasyncgenfunction(behaviour) else writer
    return make(chosen, handler.request_deserializer, handler.response_serializer)


async def _first_checked(requests: Any, judge: _Judge) -> AsyncIterator[Any]:
    first = True
    async for request in requests:
        if first:
            judge.check(request)
            first = False
        yield request
