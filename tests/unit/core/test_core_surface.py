"""What holds for the package as a whole."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import discador.core
from discador.core import errors

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = Path(discador.core.__file__).parent
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE.parents[1]).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
)

PUBLIC = {
    "attempt": {
        "COUNTED", "NEVER_DIALLED", "AttemptView", "BlockReason", "Decision", "Outcome", "State", "attempt_id",
        "decide", "describe", "format_attempt_id", "outcome_for", "parse_attempt_id",
    },
    "campaign": {"CampaignSettings", "CampaignState", "Command", "DigitAction", "Mode", "allowed", "decide"},
    "compliance": {
        "ALWAYS_OPEN", "BR_DEFAULT", "CallingWindow", "CapVerdict", "Caps", "NumberUsage", "Verdict", "WindowSpan",
        "local_day", "may_attempt", "may_dial", "next_opening",
    },
    "identity": {
        "INTERNAL_METHODS", "INTERNAL_SERVICES", "MATRIX", "METHODS", "SYSTEM", "Caller", "CallerKind", "Permission",
        "Role", "Rule", "excess", "excess_of_roles", "permissions_of", "rule_of",
    },
    "lead": {
        "DIALLABLE", "FINAL", "UNKNOWN_FLOOR_S", "LeadEvent", "LeadNext", "LeadState", "RetryPolicy", "RetryRule",
        "after_attempt", "decide",
    },
    "numbering": {"Line", "Number", "mask", "normalise", "state_of", "zones_of"},
    "pacing": {"Gcra", "PacingInput", "Reserve", "Taken", "Throughput", "calls_to_reserve", "queue_limit"},
}  # fmt: skip


@pytest.mark.parametrize("package", PUBLIC)
def test_the_public_names_of_each_package_are_these(package):
    module = importlib.import_module(f"discador.core.{package}")
    assert set(module.__all__) == PUBLIC[package]
    assert all(hasattr(module, name) for name in module.__all__)


def test_every_module_can_be_imported_first():
    # One interpreter that forgets the package between imports: a circle shows from its first module only.
    code = (
        "import sys\n"
        f"for name in {MODULES!r}:\n"
        "    for known in [known for known in sys.modules if known.startswith('discador')]:\n"
        "        del sys.modules[known]\n"
        "    __import__(name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PACKAGE.parents[1], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_namespace_package_has_no_init():
    assert not (PACKAGE.parent / "__init__.py").exists()


def test_every_error_has_an_id_of_its_own_and_stands_in_the_drawn_tree():
    tree = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DomainError)]
    assert len({kind.error_id for kind in tree}) == len(tree)
    for kind in tree:
        assert kind.__name__ in errors.__doc__
        if kind is not errors.DomainError:
            assert kind.error_id in errors.__doc__


def test_the_drawn_state_machines_are_up_to_date():
    script = ROOT / "scripts" / "gen_state_diagrams.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
