"""Q.850 hangup causes, and the outcome that each one means.

Source of numbers and names: ITU-T Q.850 (10/2018), table 1, as Asterisk numbers them in
`include/asterisk/causes.h` (0 is Asterisk's own "not defined"). What PJSIP reports was measured on Asterisk
22.10: SIP 486 → 17, 404 → 1, 503 → 34, 603 → 21, rung out → 19, a silent carrier → 18; and cause 0 after an
answer, when the carrier's BYE has no Reason header: normal, no failure.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from discador.core.attempt.states import Outcome
from discador.core.mode import Mode


class HangupCause(NamedTuple):
    """One row of Q.850: stable name (for logs and columns) and an English description (for people)."""

    number: int
    name: str
    description: str


CAUSES: Final = {
    row.number: row
    for row in (
        HangupCause(0, "not_defined", "No cause was given"),
        HangupCause(1, "unallocated_number", "Unallocated (unassigned) number"),
        HangupCause(2, "no_route_transit_network", "No route to the specified transit network"),
        HangupCause(3, "no_route_destination", "No route to the destination"),
        HangupCause(5, "misdialled_trunk_prefix", "Misdialled trunk prefix"),
        HangupCause(6, "channel_unacceptable", "Channel unacceptable"),
        HangupCause(7, "call_awarded_delivered", "Call awarded, being delivered in an established channel"),
        HangupCause(8, "pre_emption", "Pre-emption"),
        HangupCause(14, "number_ported", "Query on release: the number was ported"),
        HangupCause(16, "normal_clearing", "Normal call clearing"),
        HangupCause(17, "user_busy", "User busy"),
        HangupCause(18, "no_user_response", "No user responding"),
        HangupCause(19, "no_answer", "No answer from the user (user alerted)"),
        HangupCause(20, "subscriber_absent", "Subscriber absent"),
        HangupCause(21, "call_rejected", "Call rejected"),
        HangupCause(22, "number_changed", "Number changed"),
        HangupCause(23, "redirected", "Redirection to a new destination"),
        HangupCause(25, "exchange_routing_error", "Exchange routing error"),
        HangupCause(26, "answered_elsewhere", "Non-selected user clearing: answered elsewhere"),
        HangupCause(27, "destination_out_of_order", "Destination out of order"),
        HangupCause(28, "invalid_number_format", "Invalid number format (address incomplete)"),
        HangupCause(29, "facility_rejected", "Facility rejected"),
        HangupCause(30, "response_to_status_enquiry", "Response to STATUS ENQUIRY"),
        HangupCause(31, "normal_unspecified", "Normal, unspecified"),
        HangupCause(34, "no_circuit_available", "No circuit or channel available"),
        HangupCause(38, "network_out_of_order", "Network out of order"),
        HangupCause(41, "temporary_failure", "Temporary failure"),
        HangupCause(42, "switch_congestion", "Switching equipment congestion"),
        HangupCause(43, "access_information_discarded", "Access information discarded"),
        HangupCause(44, "requested_channel_unavailable", "Requested circuit or channel not available"),
        HangupCause(46, "precedence_call_blocked", "Precedence call blocked"),
        HangupCause(47, "resource_unavailable", "Resource unavailable, unspecified"),
        HangupCause(50, "facility_not_subscribed", "Requested facility not subscribed"),
        HangupCause(52, "outgoing_call_barred", "Outgoing calls barred"),
        HangupCause(54, "incoming_call_barred", "Incoming calls barred"),
        HangupCause(57, "bearer_not_authorised", "Bearer capability not authorised"),
        HangupCause(58, "bearer_not_available", "Bearer capability not presently available"),
        HangupCause(63, "service_unavailable", "Service or option not available, unspecified"),
        HangupCause(65, "bearer_not_implemented", "Bearer capability not implemented"),
        HangupCause(66, "channel_type_not_implemented", "Channel type not implemented"),
        HangupCause(69, "facility_not_implemented", "Requested facility not implemented"),
        HangupCause(79, "service_not_implemented", "Service or option not implemented, unspecified"),
        HangupCause(81, "invalid_call_reference", "Invalid call reference value"),
        HangupCause(88, "incompatible_destination", "Incompatible destination"),
        HangupCause(95, "invalid_message", "Invalid message, unspecified"),
        HangupCause(96, "mandatory_element_missing", "Mandatory information element is missing"),
        HangupCause(97, "message_type_nonexistent", "Message type non-existent or not implemented"),
        HangupCause(98, "wrong_message", "Message not compatible with the call state"),
        HangupCause(99, "element_nonexistent", "Information element non-existent or not implemented"),
        HangupCause(100, "invalid_element_contents", "Invalid information element contents"),
        HangupCause(101, "wrong_call_state", "Message not compatible with the call state"),
        HangupCause(102, "recovery_on_timer_expiry", "Recovery on timer expiry"),
        HangupCause(103, "mandatory_element_length_error", "Parameter non-existent or not implemented"),
        HangupCause(111, "protocol_error", "Protocol error, unspecified"),
        HangupCause(127, "interworking", "Interworking, unspecified"),
    )
}

#: Outcome of a call that nobody answered. A cause that is not here means `failed`.
UNANSWERED: Final = {
    1: Outcome.INVALID_NUMBER,
    2: Outcome.INVALID_NUMBER,
    3: Outcome.INVALID_NUMBER,
    28: Outcome.INVALID_NUMBER,
    16: Outcome.NO_ANSWER,  # we, or the caller's side, gave up ringing
    17: Outcome.BUSY,
    18: Outcome.NO_ANSWER,
    19: Outcome.NO_ANSWER,
    20: Outcome.NO_ANSWER,
    26: Outcome.NO_ANSWER,  # picked up on another device or by a forwarding: not by the person for us
    21: Outcome.REJECTED,
    34: Outcome.CONGESTION,
    38: Outcome.CONGESTION,
    41: Outcome.CONGESTION,
    42: Outcome.CONGESTION,
    44: Outcome.CONGESTION,
    47: Outcome.CONGESTION,
}

#: Congestion of the network itself: the person's phone never rang, so a few of them are forgiven.
FORGIVABLE: Final = frozenset({34, 38, 42})


def describe(cause: int) -> HangupCause:
    """Return the row of `cause`; numbers that Q.850 leaves free get a name of their own (`cause_N`)."""
    return CAUSES.get(cause) or HangupCause(cause, f"cause_{cause}", f"Cause {cause}, not in Q.850")


def outcome_for(cause: int, answered: bool, mode: Mode) -> Outcome:
    """Return the outcome of a call that hung up with `cause` and was never bridged with an agent.

    An answered broadcast call has played its message: `connected`, whatever the cause (0 and 16 are both
    normal). In every mode with agents an answered call without one is `abandoned`.
    """
    if answered:
        return Outcome.CONNECTED if mode is Mode.BROADCAST else Outcome.ABANDONED
    return UNANSWERED.get(cause, Outcome.FAILED)
