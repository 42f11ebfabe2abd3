"""What the contract's enums and ids are called on a page, and the shape that stands for each state.

Shapes and words carry the meaning; colour only repeats it.
"""

from __future__ import annotations

from typing import Final

from discador.v1 import attempt_pb2, campaign_pb2, lead_pb2, node_pb2, system_pb2
from discador.web.i18n.marks import N_

# (word, tone): the tone picks mark and colour: good, busy, waiting, attention, bad or idle.
Word = tuple[str, str]

CAMPAIGN: Final[dict[int, Word]] = {
    campaign_pb2.CAMPAIGN_STATE_DRAFT: (N_("draft"), "idle"),
    campaign_pb2.CAMPAIGN_STATE_RUNNING: (N_("running"), "good"),
    campaign_pb2.CAMPAIGN_STATE_PAUSED: (N_("paused"), "attention"),
    campaign_pb2.CAMPAIGN_STATE_STOPPING: (N_("stopping"), "waiting"),
    campaign_pb2.CAMPAIGN_STATE_STOPPED: (N_("stopped"), "idle"),
    campaign_pb2.CAMPAIGN_STATE_COMPLETED: (N_("completed"), "idle"),
}
SYSTEM: Final[dict[int, Word]] = {
    system_pb2.SYSTEM_STATE_UNSPECIFIED: (N_("unknown"), "bad"),
    system_pb2.SYSTEM_STATE_RUNNING: (N_("running"), "good"),
    system_pb2.SYSTEM_STATE_DRAINING: (N_("draining"), "waiting"),
    system_pb2.SYSTEM_STATE_STOPPED: (N_("stopped"), "idle"),
}
ATTEMPT: Final[dict[int, Word]] = {
    attempt_pb2.ATTEMPT_STATE_QUEUED: (N_("queued"), "waiting"),
    attempt_pb2.ATTEMPT_STATE_SUBMITTING: (N_("being submitted"), "waiting"),
    attempt_pb2.ATTEMPT_STATE_SUBMITTED: (N_("dialling"), "busy"),
    attempt_pb2.ATTEMPT_STATE_RINGING: (N_("ringing"), "waiting"),
    attempt_pb2.ATTEMPT_STATE_ANSWERED: (N_("answered"), "good"),
    attempt_pb2.ATTEMPT_STATE_WAITING: (N_("waiting for an agent"), "waiting"),
    attempt_pb2.ATTEMPT_STATE_CONNECTED: (N_("connected"), "good"),
    attempt_pb2.ATTEMPT_STATE_IN_DOUBT: (N_("in doubt"), "attention"),
    attempt_pb2.ATTEMPT_STATE_ENDED: (N_("ended"), "idle"),
}
LEAD: Final[dict[int, Word]] = {
    lead_pb2.LEAD_STATE_NEW: (N_("new"), "idle"),
    lead_pb2.LEAD_STATE_RESERVED: (N_("being dialled"), "busy"),
    lead_pb2.LEAD_STATE_WAITING_RETRY: (N_("waiting for a retry"), "waiting"),
    lead_pb2.LEAD_STATE_CALLBACK: (N_("callback"), "waiting"),
    lead_pb2.LEAD_STATE_DONE: (N_("done"), "good"),
    lead_pb2.LEAD_STATE_EXHAUSTED: (N_("exhausted"), "idle"),
    lead_pb2.LEAD_STATE_BLOCKED: (N_("blocked"), "attention"),
    lead_pb2.LEAD_STATE_INVALID: (N_("invalid"), "bad"),
}
#: The counters' names of the same states.
LEAD_NAMES: Final[dict[str, Word]] = {
    lead_pb2.LeadState.Name(state).removeprefix("LEAD_STATE_").lower(): word for state, word in LEAD.items()
}
ATTEMPT_NAMES: Final[dict[str, Word]] = {
    attempt_pb2.AttemptState.Name(state).removeprefix("ATTEMPT_STATE_").lower(): word for state, word in ATTEMPT.items()
}
OUTCOME: Final[dict[str, Word]] = {
    "connected": (N_("connected"), "good"),
    "abandoned": (N_("abandoned"), "bad"),
    "machine": (N_("answering machine"), "idle"),
    "no_answer": (N_("no answer"), "idle"),
    "busy": (N_("busy"), "waiting"),
    "congestion": (N_("congestion"), "attention"),
    "rejected": (N_("rejected"), "attention"),
    "invalid_number": (N_("invalid number"), "bad"),
    "blocked": (N_("blocked"), "attention"),
    "cancelled": (N_("cancelled"), "idle"),
    "expired": (N_("expired"), "idle"),
    "refused": (N_("refused"), "attention"),
    "failed": (N_("failed"), "bad"),
    "unknown": (N_("unknown"), "attention"),
}
AMI: Final[dict[int, Word]] = {
    node_pb2.AMI_STATE_UNSPECIFIED: (N_("no gateway reports"), "bad"),
    node_pb2.AMI_STATE_CONNECTING: (N_("connecting"), "waiting"),
    node_pb2.AMI_STATE_BOOTING: (N_("starting up"), "waiting"),
    node_pb2.AMI_STATE_UP: (N_("up"), "good"),
    node_pb2.AMI_STATE_DOWN: (N_("down"), "bad"),
    node_pb2.AMI_STATE_LOGIN_REFUSED: (N_("login refused"), "bad"),
}
IMPORT: Final[dict[int, Word]] = {
    lead_pb2.IMPORT_STATE_RUNNING: (N_("running"), "busy"),
    lead_pb2.IMPORT_STATE_DONE: (N_("done"), "good"),
    lead_pb2.IMPORT_STATE_FAILED: (N_("failed"), "bad"),
}
CHECK: Final[dict[int, Word]] = {
    campaign_pb2.CHECK_STATE_OK: (N_("holds"), "good"),
    campaign_pb2.CHECK_STATE_FAILED: (N_("does not hold"), "bad"),
    campaign_pb2.CHECK_STATE_UNKNOWN: (N_("not known"), "attention"),
}
SERVICE: Final[dict[str, Word]] = {
    "starting": (N_("starting"), "waiting"),
    "ready": (N_("ready"), "good"),
    "quiet": (N_("draining"), "waiting"),
    "stopping": (N_("stopping"), "waiting"),
    "stopped": (N_("stopped"), "idle"),
}
COMMAND: Final[dict[str, Word]] = {
    "requested": (N_("requested"), "waiting"),
    "accepted": (N_("accepted, taking effect"), "busy"),
    "effective": (N_("effective"), "good"),
    "refused": (N_("refused"), "bad"),
    "overdue": (N_("accepted, without effect so far"), "attention"),
}
MODE: Final[dict[int, str]] = {
    campaign_pb2.DIAL_MODE_PREVIEW: N_("Preview"),
    campaign_pb2.DIAL_MODE_PROGRESSIVE: N_("Progressive"),
    campaign_pb2.DIAL_MODE_POWER: N_("Power"),
    campaign_pb2.DIAL_MODE_PREDICTIVE: N_("Predictive"),
    campaign_pb2.DIAL_MODE_BROADCAST: N_("Broadcast"),
}
WEEKDAYS: Final = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
DIGIT_ACTION: Final[dict[int, str]] = {
    campaign_pb2.DIGIT_ACTION_REPEAT: N_("play the message again"),
    campaign_pb2.DIGIT_ACTION_OPT_OUT: N_("put the number on the do-not-call list"),
    campaign_pb2.DIGIT_ACTION_HANG_UP: N_("hang up"),
}


#: Kinds of an attempt's events that no state is called by.
EVENTS: Final = (N_("submitted"), N_("digit"), N_("hung up"))


def of(table: dict[object, Word], key: object) -> Word:
    """Return the word for a key; what a newer master says is shown as it came."""
    return table.get(key, (str(key).replace("_", " "), "idle"))
