from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from discador.core.compliance import ALWAYS_OPEN, BR_DEFAULT, CallingWindow, WindowSpan, may_dial, next_opening
from discador.core.compliance.holidays import BR, easter_sunday
from discador.core.compliance.span import format_clock, parse_clock
from discador.core.errors import InvalidSettings

SAO_PAULO, MANAUS, EIRUNEPE = "America/Sao_Paulo", "America/Manaus", "America/Eirunepe"
EVERY_DAY = frozenset(range(1, 8))

#: Zones whose clocks change, also at midnight (São Paulo until 2019) and by half an hour (Lord Howe).
ZONES = [SAO_PAULO, MANAUS, EIRUNEPE, "America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu"]

spans = st.tuples(st.frozensets(st.integers(1, 7), min_size=1), st.integers(0, 1439), st.integers(1, 1440)).map(
    lambda t: WindowSpan(t[0], min(t[1], t[2] - 1), max(t[1] + 1, t[2]))
)

instants = st.datetimes(datetime(2015, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))


def local(text: str, zone: str = SAO_PAULO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("at", "open_"),
    [
        ("2026-03-02T08:59:59", False),  # Monday
        ("2026-03-02T09:00:00", True),
        ("2026-03-06T20:59:59", True),  # Friday
        ("2026-03-06T21:00:00", False),
        ("2026-03-07T09:59:00", False),  # Saturday
        ("2026-03-07T10:00:00", True),
        ("2026-03-07T16:00:00", False),
        ("2026-03-08T12:00:00", False),  # Sunday
        ("2026-04-03T12:00:00", False),  # Good Friday
        ("2026-04-21T12:00:00", False),  # Tiradentes
        ("2026-11-20T12:00:00", False),  # Consciência Negra
        ("2026-02-17T12:00:00", True),  # Carnival is no national holiday
    ],
)
def test_the_default_calendar_of_brazil(at, open_):
    assert may_dial(BR_DEFAULT, [SAO_PAULO], local(at)).open is open_


def test_a_verdict_says_why_and_when():
    verdict = may_dial(BR_DEFAULT, [SAO_PAULO], local("2026-04-02T22:00"))
    assert verdict.reason == "outside the calling window in America/Sao_Paulo, where it is Thu 22:00"
    assert verdict.opens_at == local("2026-04-04T10:00")  # Good Friday lies between
    holiday = may_dial(BR_DEFAULT, [SAO_PAULO], local("2026-09-07T10:00"))
    assert holiday.reason.startswith("a holiday in America/Sao_Paulo")


def test_all_candidate_zones_must_be_inside():
    nine_in_manaus = local("2026-03-02T09:30", MANAUS)
    assert may_dial(BR_DEFAULT, [MANAUS], nine_in_manaus).open
    verdict = may_dial(BR_DEFAULT, [MANAUS, EIRUNEPE], nine_in_manaus)
    assert not verdict.open
    assert verdict.opens_at == local("2026-03-02T09:00", EIRUNEPE)


def test_what_is_always_open_asks_for_no_zone():
    assert may_dial(ALWAYS_OPEN, [], local("2026-03-08T03:00")).open
    assert ALWAYS_OPEN.is_open_at(datetime(2026, 3, 8, 3))


@pytest.mark.parametrize("zones", [[], ["America/Nowhere"], [SAO_PAULO, "../etc/passwd"], ["America"], [""]])
def test_without_a_known_zone_nothing_is_dialled(zones):
    verdict = may_dial(BR_DEFAULT, zones, local("2026-03-02T12:00"))
    assert (verdict.open, verdict.opens_at) == (False, None)
    assert "time zone unknown" in verdict.reason


def test_an_open_window_opens_now():
    at = local("2026-03-02T12:00")
    assert next_opening(BR_DEFAULT, [SAO_PAULO], at) == at


def test_a_window_that_never_opens_in_all_zones_says_so():
    dawn = CallingWindow(spans=(WindowSpan(frozenset({1}), 0, 1),))
    assert next_opening(dawn, [SAO_PAULO, "Asia/Kathmandu"], local("2026-03-02T12:00")) is None
    shut_for_years = CallingWindow(
        spans=(WindowSpan(frozenset({1}), 0, 60),),
        holidays=frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(900)),
    )
    assert next_opening(shut_for_years, [SAO_PAULO], local("2026-03-02T12:00")) is None


def test_a_span_that_begins_in_the_hour_the_clocks_skip_opens_when_they_jump():
    window = CallingWindow(spans=(WindowSpan(EVERY_DAY, 2 * 60 + 30, 4 * 60),))
    opens_at = next_opening(window, ["America/New_York"], datetime(2026, 3, 8, 6, 0, tzinfo=UTC))
    assert opens_at == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)  # 2:00 becomes 3:00


def test_a_span_in_the_hour_that_comes_twice_is_open_twice():
    window = CallingWindow(spans=(WindowSpan(EVERY_DAY, 60, 90),))
    zone = ["America/New_York"]
    between = datetime(2026, 11, 1, 5, 45, tzinfo=UTC)  # 1:45 summer time
    assert not may_dial(window, zone, between).open
    assert next_opening(window, zone, between) == datetime(2026, 11, 1, 6, 0, tzinfo=UTC)  # 1:00 again


@settings(max_examples=60, deadline=None)
@given(st.lists(spans, min_size=1, max_size=3), st.lists(st.sampled_from(ZONES), min_size=1, max_size=2), instants)
@example([WindowSpan(EVERY_DAY, 0, 30)], [SAO_PAULO], datetime(2018, 11, 3, 20, 0, tzinfo=UTC))
@example([WindowSpan(EVERY_DAY, 1380, 1410)], [SAO_PAULO], datetime(2018, 2, 18, 1, 45, tzinfo=UTC))
@example([WindowSpan(EVERY_DAY, 105, 118)], ["Australia/Lord_Howe"], datetime(2026, 4, 4, 14, 59, tzinfo=UTC))
def test_the_next_opening_is_the_first_minute_at_which_every_wall_clock_is_inside(spans, zones, at):
    window = CallingWindow(spans=tuple(spans))
    at = at.replace(second=0, microsecond=0)
    opens_at = next_opening(window, zones, at)

    def inside(moment: datetime) -> bool:
        clocks = [moment.astimezone(ZoneInfo(zone)) for zone in zones]
        return all(
            any(
                clock.isoweekday() in span.weekdays and span.opens <= clock.hour * 60 + clock.minute < span.closes
                for span in spans
            )
            for clock in clocks
        )

    # All clock changes and spans are on whole minutes, so looking at each minute misses nothing.
    last = at + timedelta(days=2)
    first = next((at + timedelta(minutes=n) for n in range(2 * 1440) if inside(at + timedelta(minutes=n))), None)
    if first is None:
        assert opens_at is None or opens_at >= last
    else:
        assert opens_at == first
    if opens_at is not None:
        assert may_dial(window, zones, opens_at).open


@given(st.lists(spans, min_size=1, max_size=4), st.frozensets(st.dates()), st.sampled_from(["", "br"]))
def test_a_window_reads_back_from_its_json(spans, holidays, calendar):
    window = CallingWindow(tuple(spans), holidays, calendar)
    assert CallingWindow.from_json(window.to_json()) == window


def test_the_windows_that_ship_read_back_from_their_json():
    for window in (BR_DEFAULT, ALWAYS_OPEN):
        assert CallingWindow.from_json(window.to_json()) == window


@pytest.mark.parametrize(
    ("document", "paths"),
    [
        ({}, {"spans"}),
        ({"always": True, "calendar": "mars"}, {"calendar"}),
        ({"always": "yes"}, {"always"}),
        ({"spans": {}, "holidays": ["2026-02-30", 3, "20260302"]}, {"spans", "holidays"}),
        (
            {"spans": [{"weekdays": [1, 8], "opens": "09:00", "closes": "09:00"}]},
            {"spans[0].weekdays", "spans[0].closes"},
        ),
        (
            {"spans": [{"weekdays": "1", "opens": 9, "closes": "21h"}]},
            {f"spans[0].{k}" for k in ("weekdays", "opens", "closes")},
        ),
    ],
)
def test_faults_of_a_window_are_told_together(document, paths):
    with pytest.raises(InvalidSettings) as caught:
        CallingWindow.from_json(document)
    assert {fault.path for fault in caught.value.faults} == paths


@given(st.integers(0, 1440))
def test_a_clock_reads_back(minute):
    assert parse_clock(format_clock(minute)) == minute


@pytest.mark.parametrize("text", ["", "9:00", "24:01", "09:60", "09:00:00", "٠٩:٠٠"])
def test_other_clocks_are_refused(text):
    with pytest.raises(ValueError, match="HH:MM"):
        parse_clock(text)


def test_a_holiday_of_the_campaigns_own_is_kept():
    window = CallingWindow(spans=(WindowSpan(EVERY_DAY, 0, 1440),), holidays=frozenset({date(2026, 6, 24)}))
    assert not may_dial(window, [SAO_PAULO], local("2026-06-24T12:00")).open
    assert may_dial(window, [SAO_PAULO], local("2026-06-25T00:00")).open


@pytest.mark.parametrize(
    ("year", "easter"),
    [
        (1961, "04-02"),
        (2000, "04-23"),
        (2019, "04-21"),
        (2024, "03-31"),
        (2025, "04-20"),
        (2026, "04-05"),
        (2038, "04-25"),
    ],
)
def test_easter(year, easter):
    assert easter_sunday(year) == date.fromisoformat(f"{year}-{easter}")


@given(st.integers(1583, 4000))
def test_easter_is_a_sunday_between_22_march_and_25_april(year):
    day = easter_sunday(year)
    assert day.isoweekday() == 7
    assert date(year, 3, 22) <= day <= date(year, 4, 25)


def test_the_national_holidays_of_2026():
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    assert [day.isoformat()[5:] for day in year if BR.holds(day)] == [
        "01-01", "04-03", "04-21", "05-01", "09-07", "10-12", "11-02", "11-15", "11-20", "12-25",
    ]  # fmt: skip
