"""`/live`: the event stream of one tab. It tells which topics changed; the page then asks for its blocks again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from discador.web.live.hub import Hub, Tab, TooManyTabs
from discador.web.live.topics import allowed
from discador.web.pages.caller import caller_of, to_login
from discador.web.pages.site import site_of

_SILENCE_S: Final = 15.0
_RETRY_MS: Final = 2000
_MOST_TOPICS: Final = 12


async def live(request: Request) -> Response:
    """Answer the stream; 400 for topics that are none or not allowed, 503 where too many are open."""
    caller = caller_of(request)
    if caller is None:
        return to_login(request)
    topics = frozenset(filter(None, request.query_params.get("topics", "").split(",")))
    if not 0 < len(topics) <= _MOST_TOPICS or not all(allowed(topic, caller) for topic in topics):
        return Response(status_code=400)
    hub = site_of(request).hub
    try:
        tab = hub.open(topics)
    except TooManyTabs:
        return Response(status_code=503, headers={"Retry-After": "30"})
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(hub, tab), media_type="text/event-stream", headers=headers)


async def _events(hub: Hub, tab: Tab) -> AsyncIterator[str]:
    try:
        yield f"retry: {_RETRY_MS}\nevent: hello\ndata: {{}}\n\n"
        while not tab.closed:
            try:
                await asyncio.wait_for(tab.news.wait(), _SILENCE_S)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            tab.news.clear()
            yield _told(tab)
        yield f"retry: {_RETRY_MS}\nevent: bye\ndata: {{}}\n\n"
    finally:
        hub.close(tab)


def _told(tab: Tab) -> str:
    news = {"at": datetime.now(UTC).isoformat(), "changed": sorted(tab.changed), "checked": sorted(tab.checked)}
    parts = [f"event: news\ndata: {json.dumps(news)}\n\n"] if tab.changed or tab.checked else []
    parts += [f"event: sample\ndata: {json.dumps(sample)}\n\n" for sample in tab.samples]
    tab.changed, tab.checked, tab.samples = set(), set(), []
    return "".join(parts)


ROUTES: Final = [Route("/live", live)]
