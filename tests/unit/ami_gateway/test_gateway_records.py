"""Following Asterisk's call records on disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from discador.ami_gateway.cdr import CallRecords, CdrUnreadable

TRANSCRIPTS = Path(__file__).parents[2] / "contract/ami/transcripts"


Open = Callable[[Path], CallRecords]


@pytest.fixture
def open_records() -> Iterator[Open]:
    opened: list[CallRecords] = []

    def open_one(path: Path) -> CallRecords:
        opened.append(CallRecords(path))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def attempt(number: int) -> str:
    return f"0199ffff-0000-7000-8000-{number:012d}"


def line(event: str, at: float, number: int, channel: str = "PJSIP/trunk-1", cause: int | None = None) -> str:
    details = "" if cause is None else f'{{""hangupcause"":{cause},""hangupsource"":""""}}'
    return f'"{event}","{at:.6f}","{attempt(number)}","{at:.0f}.1","{channel}","{details}"\n'


def call(at: float, number: int, cause: int = 16) -> str:
    started = line("CHAN_START", at, number)
    return started + started.replace("CHAN_START", "HANGUP").replace('""', f'"{{""hangupcause"":{cause}}}"')


@pytest.mark.parametrize("version", ["22", "16"])
def test_what_real_asterisk_wrote_is_read(version: str, tmp_path: Path, open_records: Open) -> None:
    path = tmp_path / "discador.csv"
    shutil.copy(TRANSCRIPTS / f"asterisk-{version}-records.csv", path)
    found = open_records(path).find(attempt(number) for number in (10, 13, 14, 50, 51, 98, 99, 77))
    assert attempt(77) not in found
    answered = found[attempt(10)]
    assert answered.answered_at is not None
    assert answered.ended_at is not None
    assert answered.answered_at < answered.ended_at
    assert (found[attempt(13)].cause, found[attempt(13)].answered_at) == (17, None)
    assert found[attempt(14)].cause == 0
    assert found[attempt(51)].cause == 21
    assert (found[attempt(50)].ended_at, found[attempt(50)].answered_at is not None) == (None, True)
    for number in (98, 99):
        assert (found[attempt(number)].leg, found[attempt(number)].open_channels) == (b"", 0)


def test_lines_that_come_later_are_read_also_when_they_come_in_pieces(tmp_path: Path, open_records: Open) -> None:
    path = tmp_path / "discador.csv"
    records = open_records(path)
    assert records.find([attempt(1)]) == {}
    written = call(100.0, 1)
    path.write_text(written[:50])
    assert records.find([attempt(1)]) == {}
    with path.open("a") as file:
        file.write(written[50:])
    assert records.find([attempt(1)])[attempt(1)].cause == 16
    assert records.latest_at == 100.0


def test_rotation_by_renaming_loses_nothing(tmp_path: Path, open_records: Open) -> None:
    path = tmp_path / "discador.csv"
    path.write_text(call(100.0, 1))
    records = open_records(path)
    records.follow()
    with path.open("a") as file:
        file.write(call(101.0, 2))
    path.rename(tmp_path / "discador.csv.1")
    path.write_text(call(102.0, 3))
    assert set(records.find(attempt(number) for number in (1, 2, 3))) == {attempt(1), attempt(2), attempt(3)}


def test_rotation_by_cutting_is_followed(tmp_path: Path, open_records: Open) -> None:
    path = tmp_path / "discador.csv"
    path.write_text(call(100.0, 1) + call(101.0, 2))
    records = open_records(path)
    records.follow()
    path.write_text(call(102.0, 3))
    assert attempt(3) in records.find([attempt(3)])


def test_a_rotation_with_a_gap_is_followed(tmp_path: Path, open_records: Open) -> None:
    path = tmp_path / "discador.csv"
    path.write_text(call(100.0, 1))
    records = open_records(path)
    records.follow()
    path.rename(tmp_path / "discador.csv.1")
    records.follow()
    path.write_text(call(102.0, 3))
    assert attempt(3) in records.find([attempt(3)])


def test_of_a_large_file_the_end_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_records: Open) -> None:
    monkeypatch.setattr("discador.ami_gateway.cdr._TAIL_BYTES", 2_000)
    path = tmp_path / "discador.csv"
    path.write_text("".join(call(100.0 + number, number) for number in range(100)))
    found = open_records(path).find([attempt(0), attempt(99)])
    assert set(found) == {attempt(99)}


def test_a_missing_directory_and_an_unreadable_file_are_errors_and_not_an_empty_file(
    tmp_path: Path, open_records: Open
) -> None:
    with pytest.raises(CdrUnreadable):
        open_records(tmp_path / "missing/discador.csv").follow()
    with pytest.raises(CdrUnreadable):
        open_records(tmp_path).follow()


def test_lines_of_others_and_broken_lines_are_passed_over(tmp_path: Path, open_records: Open) -> None:
    path = tmp_path / "discador.csv"
    path.write_text('"HANGUP","x"\n\n"CHAN_START","nan?","' + attempt(1) + '","1","PJSIP/x","",\n' + call(100.0, 2))
    assert set(open_records(path).find([attempt(1), attempt(2)])) == {attempt(2)}
