"""Draw docs/state-machines/*.md from the tables in discador.core.

python scripts/gen_state_diagrams.py            writes the files
python scripts/gen_state_diagrams.py --check    writes nothing; fails if a file is not what it would write
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "state-machines"
sys.path.insert(0, str(ROOT / "libs" / "core"))

from discador.core.attempt import transitions as attempt  # noqa: E402  (needs the path above)
from discador.core.attempt.events import EVENTS  # noqa: E402
from discador.core.attempt.states import Outcome, State  # noqa: E402
from discador.core.campaign import machine as campaign  # noqa: E402
from discador.core.campaign.states import CampaignState  # noqa: E402
from discador.core.lead import machine as lead  # noqa: E402
from discador.core.lead.states import LeadState  # noqa: E402

NOTE = "<!-- Written by scripts/gen_state_diagrams.py from `{source}`; do not edit. -->\n"

Edge = tuple[str, str, str]


def diagram(initial: str, edges: Iterable[Edge], final: Iterable[str] = ()) -> str:
    """Return a Mermaid state diagram; events between the same two states share one arrow."""
    labels: dict[tuple[str, str], list[str]] = {}
    for source, event, target in edges:
        if source != target:
            labels.setdefault((source, target), []).append(event)
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {initial}"]
    lines += [f"    {source} --> {target}: {', '.join(events)}" for (source, target), events in labels.items()]
    lines += [f"    {state} --> [*]" for state in final]
    return "\n".join([*lines, "```", ""])


def matrix(rows: Iterable[str], columns: Iterable[str], cells: dict[tuple[str, str], str]) -> str:
    """Return a Markdown table: one row an event, one column a state."""
    columns = list(columns)
    lines = [f"| event | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {row} | {' | '.join(cells[column, row] for column in columns)} |" for row in rows]
    return "\n".join([*lines, ""])


def attempt_page() -> str:
    """Return the page of the attempt machine: diagram, and every pair of state and event."""
    edges = [
        (state.value, event.__name__, attempt.TRANSITIONS[state, event].value)
        for state in State
        for event in EVENTS
        if (state, event) in attempt.TRANSITIONS
    ]
    cells = {(state.value, event.__name__): "**illegal**" for state, event in attempt.ILLEGAL}
    cells |= {(state.value, event.__name__): "·" for state, event in attempt.IGNORED}
    cells |= {(source, event): target for source, event, target in edges}
    return "\n".join(
        [
            "# Attempt\n",
            NOTE.format(source="discador/core/attempt/transitions.py"),
            diagram("queued", edges, ["ended"]),
            "`Adopted` leads to the state that it names, never below what was seen before the doubt.\n",
            "## Every pair\n",
            "`·` changes nothing: late, repeated or overtaken. **illegal** is recorded, and changes nothing.\n",
            matrix([event.__name__ for event in EVENTS], [state.value for state in State], cells),
            f"Outcomes when ended: {', '.join(f'`{outcome}`' for outcome in Outcome)}.\n",
        ]
    )


def table_page(
    title: str, source: str, states: Iterable[str], events: Iterable[str], edges: list[Edge], final: Iterable[str] = ()
) -> str:
    """Return the page of a machine whose pairs are illegal unless its table names them."""
    states, events = list(states), list(events)
    cells = {(state, event): "**illegal**" for state in states for event in events}
    cells |= {(state, event): target for state, event, target in edges}
    return "\n".join(
        [f"# {title}\n", NOTE.format(source=source), diagram(states[0], edges, final), matrix(events, states, cells)]
    )


def pages() -> dict[str, str]:
    """Return each file's name and text."""
    return {
        "attempt.md": attempt_page(),
        "campaign.md": table_page(
            "Campaign",
            "discador/core/campaign/machine.py",
            [state.value for state in CampaignState],
            [command.value for command in campaign.Command],
            [(state.value, command.value, target.value) for (state, command), target in campaign.TRANSITIONS.items()],
        ),
        "lead.md": table_page(
            "Lead",
            "discador/core/lead/machine.py",
            [state.value for state in LeadState],
            [event.value for event in lead.LeadEvent],
            [(state.value, event.value, target.value) for (state, event), target in lead.TRANSITIONS.items()],
        ),
    }


def main() -> int:
    """Write or check the pages; return the exit status."""
    parser = argparse.ArgumentParser(description="Draw the state machines of discador.core.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is out of date")
    check = parser.parse_args().check
    stale = []
    for name, text in pages().items():
        path = TARGET / name
        if check:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            TARGET.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    if stale:
        print(f"out of date: {', '.join(stale)}; run python scripts/gen_state_diagrams.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
