"""How a call is asked for over AMI: behind the fence, as the gateway does, and without it, for comparison."""

from __future__ import annotations

Request = tuple[dict[str, str], dict[str, str]]


def fenced(
    attempt: str, number: str, not_after: int, *, ring: int = 30, strict: bool = False, **variables: str
) -> Request:
    """Headers and variables of an Originate through the guard; `variables` are those of the message (docs/asterisk.md).

    `not_after`: epoch seconds on Asterisk's clock from which on the call is refused; `ring`: seconds.
    """
    headers = {
        "ActionID": attempt,
        "Channel": f"Local/{'strict' if strict else 'call'}@discador-guard/n",
        "ChannelId": attempt,
        "OtherChannelId": f"{attempt}-guard",
        "Application": "Wait",
        "Data": "1",
        "Timeout": str((ring + 5) * 1000),
        "Async": "true",
    }
    own = {
        "__DISCADOR_ATTEMPT": attempt,
        "DISCADOR_NOT_AFTER": str(not_after),
        "DISCADOR_NUMBER": number,
        "DISCADOR_TRUNK": "trunk",
        "DISCADOR_RING": str(ring),
    }
    return headers, own | {f"__DISCADOR_{name}": value for name, value in variables.items()}


def unfenced(attempt: str, number: str, *, ring: int = 30, **variables: str) -> Request:
    """The same call straight on the trunk: what Asterisk does at best."""
    headers = {
        "ActionID": attempt,
        "Channel": f"PJSIP/{number}@trunk",
        "ChannelId": attempt,
        "Context": "discador-message",
        "Exten": "s",
        "Priority": "1",
        "Timeout": str(ring * 1000),
        "Async": "true",
    }
    own = {"DISCADOR_ATTEMPT": attempt, "PJSIP_HEADER(add,X-Discador-Attempt)": attempt}
    return headers, own | {f"DISCADOR_{name}": value for name, value in variables.items()}
