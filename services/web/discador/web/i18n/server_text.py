"""The master's sentences in the reader's language.

The master speaks English: titles and remedies are fixed sentences, details are built of `label: number` pieces and
moments. Both are found again here; what is not known is shown as it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

from discador.web.i18n.formats import Formats
from discador.web.i18n.marks import N_

_PIECE: Final = re.compile(r"(?P<label>[a-z][a-z ,]+): (?P<value>\d+|unknown)")
_AT: Final = re.compile(r"(?P<label>next at|opens at|due at) (?P<value>\S+)")
_STATE: Final = re.compile(r"(?P<label>the campaign is|it is) (?P<value>[a-z_]+)(?:: (?P<rest>.+))?")

_WINDOW: Final = re.compile(
    r"(?P<why>a holiday|outside the calling window) in (?P<zone>\S+), "
    r"where it is (?P<day>[A-Z][a-z]{2}) (?P<time>[\d:]+)"
)
_TIMES: Final = re.compile(r"(?P<outcome>[a-z_]+) (?P<value>\d+) times")
#: What the master calls the days.
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WINDOW: Final = N_("%(why)s in %(zone)s, where it is %(when)s")
TIMES: Final = N_("%(outcome)s, %(no)s times")
_LAST: Final = re.compile(r"attempt (?P<value>\d+) was the last allowed")
LAST: Final = N_("attempt %(no)s was the last allowed")

SENTENCES: Final = (
    # why a campaign is, or is not, dialling
    N_("The database answers"),
    N_("nothing is dialled without it"),
    N_("Start MariaDB and check DISCADOR_DATABASE_URL; dialling resumes by itself."),
    N_("Redis answers"),
    N_("jobs and call events travel through it"),
    N_("Start Redis and check DISCADOR_REDIS_URL; dialling resumes by itself."),
    N_("The system is started"),
    N_("the switch for all campaigns"),
    N_("Start the system: `discador start`, or Start on the dashboard."),
    N_("A master leads"),
    N_("the active master reserves leads"),
    N_("Start a master; if one runs, read its log: it takes over within seconds."),
    N_("The campaign is running"),
    N_("the campaign is"),
    N_("Start or resume the campaign."),
    N_("The calling window is open"),
    N_("Wait until it opens, or change the campaign's calling window if the law allows it."),
    N_("Leads are due"),
    N_("due now"),
    N_("due later"),
    N_("next at"),
    N_("opens at"),
    N_("Import leads, or wait until the next one is due."),
    N_("Attempt caps leave room"),
    N_("leads held back by the daily cap or the spacing"),
    N_("Wait for the next day, import other leads, or raise the caps if the law allows it."),
    N_("A trunk is enabled"),
    N_("enabled"),
    N_("in all"),
    N_("Enable a trunk of the campaign, or give it another one."),
    N_("The node's gateway answers"),
    N_("the ami-gateway of a node with an enabled trunk"),
    N_("Start the node's ami-gateway and check the node's gateway address."),
    N_("The gateway is logged in to Asterisk"),
    N_("the AMI connection"),
    N_("Start Asterisk; check DISCADOR_AMI_HOST, _PORT, _USERNAME and _SECRET and manager.conf."),
    N_("Workers are alive"),
    N_("alive"),
    N_("Start a worker."),
    N_("Workers keep up"),
    N_("jobs waiting"),
    N_("most allowed"),
    N_("Start more workers, or lower the calls per second of the trunks."),
    N_("The campaign has free channels"),
    N_("free"),
    N_("It dials at its limit; raise the campaign's channels if it should dial more."),
    N_("A trunk has free channels"),
    N_("It dials at the trunk's limit; raise it if the carrier allows more, or add a trunk."),
    # why a lead is, or is not, dialled
    N_("The lead can be dialled"),
    N_("it is"),
    N_("A lead that is done, exhausted, blocked or invalid is not dialled again."),
    N_("No attempt is under way"),
    N_("an attempt is under way"),
    N_("none is"),
    N_("Wait for the attempt to end."),
    N_("The number is not on the do-not-call list"),
    N_("it is on the list"),
    N_("it is not"),
    N_("Remove the number from the list if the person agreed to be called."),
    N_("The lead is due"),
    N_("due at"),
    N_("Wait until it is due; the campaign's retry rules decide when."),
    N_("The calling window is open where the number lies"),
    N_("Attempt caps leave room for the number"),
    N_("attempts counted today"),
    N_("Wait until the caps leave room again."),
    N_("closed"),
    N_("always open"),
    N_("a holiday"),
    N_("outside the calling window"),
    N_("inside the calling window"),
    N_("open"),
    N_("unknown"),
    # faults of a form
    N_("must be between 1 (first) and 100"),
    N_("must be between 1 and 10000"),
    N_("must be between 0 (as many as max_channels) and max_channels"),
    N_("must be between 5 and 120 seconds"),
    N_("must be digits, with a leading + if you like, 20 at most; or empty for the trunk's"),
    N_("must be an Asterisk sound name without extension: letters, digits, - and _, folders parted by /"),
    N_("is needed in broadcast mode: the sound that is played to whoever answers"),
    N_("must be the name of a time zone, for example America/Sao_Paulo"),
    N_("must be positive numbers, each once"),
    N_("must not be empty"),
    N_("is required"),
)


def server_text(text: str, say: Callable[[str], str], formats: Formats) -> str:
    """Return `text` of the master in the reader's language, with moments in the reader's zone."""
    whole = say(text) if text else ""
    if whole != text:
        return whole
    return "; ".join(_piece(piece, say, formats) for piece in text.split("; "))


def _piece(piece: str, say: Callable[[str], str], formats: Formats) -> str:
    if match := _PIECE.fullmatch(piece):
        value = match["value"]
        shown = formats.number(int(value)) if value.isdigit() else say(value)
        return f"{say(match['label'])}: {shown}"
    if match := _AT.fullmatch(piece):
        return f"{say(match['label'])} {_moment(match['value'], say, formats)}"
    if match := _STATE.fullmatch(piece):
        state = say(match["value"].replace("_", " "))
        rest = f": {_piece(match['rest'], say, formats)}" if match["rest"] else ""
        return f"{say(match['label'])} {state}{rest}"
    if match := _LAST.fullmatch(piece):
        return say(LAST) % {"no": formats.number(int(match["value"]))}
    if (match := _WINDOW.fullmatch(piece)) and match["day"] in _DAYS:
        when = f"{formats.weekday(_DAYS.index(match['day']))} {match['time']}"
        return say(WINDOW) % {"why": say(match["why"]), "zone": match["zone"], "when": when}
    if match := _TIMES.fullmatch(piece):
        outcome = say(match["outcome"].replace("_", " "))
        return say(TIMES) % {"outcome": outcome, "no": formats.number(int(match["value"]))}
    return say(piece) if piece else ""


def _moment(text: str, say: Callable[[str], str], formats: Formats) -> str:
    try:
        return formats.text(datetime.fromisoformat(text))
    except ValueError:
        return say(text)
