"""Imports: every row once, whatever is repeated, interrupted or run twice."""

from __future__ import annotations

import pytest

from discador.core.lead import LeadState
from discador.store import ImportRaced, InvalidValue, NotFound
from discador.store.records import Campaign, ImportJob, ImportState, NewLead
from tests.contract.store.world import ZONE, World, at_once


def begin(world: World, campaign: Campaign, **changes: object) -> ImportJob:
    plain = {"file_name": "leads.csv", "sha256": "ab" * 32, "options_hash": "cd" * 32, "size": 1000, "dry_run": False}
    return world.store.imports.begin(campaign.id, **(plain | changes))  # type: ignore[arg-type]


def leads(world: World, count: int) -> list[NewLead]:
    return [NewLead(world.number(), (ZONE,)) for _ in range(count)]


def test_a_batch_adds_its_leads_and_counts_its_rows(world: World) -> None:
    campaign = world.campaign()
    new = leads(world, 10)
    world.store.dnc.add_many([new[0].number, new[1].number], "list", "import")
    job = begin(world, campaign)
    job = world.store.imports.commit_batch(
        job.id, 0, 13, 700, [*new, new[5]], [(3, "number-invalid", ["x", "é"]), (9, "number-invalid", [])]
    )
    assert (job.rows, job.imported, job.duplicates, job.dnc, job.invalid, job.bytes_read) == (13, 8, 1, 2, 2, 700)
    assert [(each.row, each.cells) for each in world.store.imports.errors(job.id)] == [(3, ["x", "é"]), (9, [])]
    assert world.store.campaigns.counters(campaign.id)[0][LeadState.NEW] == 8
    lists = world.store.leads.lists(campaign.id)
    assert [(each.id, each.name, each.leads, each.import_id) for each in lists] == [
        (job.list_id, "leads.csv", 8, job.id)
    ]
    assert world.store.leads.list(campaign.id, 1)[0].list_id == job.list_id
    assert world.store.imports.finish(job.id).state is ImportState.DONE
    world.check()


def test_the_same_file_again_goes_on_behind_the_last_row(world: World) -> None:
    campaign = world.campaign()
    job = begin(world, campaign)
    world.store.imports.commit_batch(job.id, 0, 5, 50, leads(world, 5), [])
    world.store.imports.fail(job.id, "the connection broke")
    again = begin(world, campaign)
    assert (again.id, again.rows, again.state, again.error) == (job.id, 5, ImportState.RUNNING, "")
    world.store.imports.commit_batch(job.id, 5, 5, 100, leads(world, 5), [])
    world.store.imports.finish(job.id)
    assert begin(world, campaign).state is ImportState.DONE
    assert world.store.imports.fail(job.id, "late").state is ImportState.DONE
    assert begin(world, campaign, options_hash="other").id != job.id
    assert begin(world, world.campaign()).id != job.id


def test_a_run_that_was_overtaken_is_told_and_adds_nothing(world: World) -> None:
    campaign = world.campaign()
    job = begin(world, campaign)
    batch = leads(world, 5)
    world.store.imports.commit_batch(job.id, 0, 5, 50, batch, [])
    with pytest.raises(ImportRaced) as caught:
        world.store.imports.commit_batch(job.id, 0, 5, 50, leads(world, 5), [])
    assert (caught.value.error_id, caught.value.rows) == ("import-raced", 5)
    world.store.imports.finish(job.id)
    with pytest.raises(ImportRaced):
        world.store.imports.commit_batch(job.id, 5, 5, 50, leads(world, 5), [])
    assert world.store.campaigns.counters(campaign.id)[0][LeadState.NEW] == 5
    world.check()


def test_two_runs_of_one_import_add_each_batch_once(world: World) -> None:
    campaign = world.campaign()
    batches = [leads(world, 20) for _ in range(6)]

    def run() -> int:
        done = 0
        rows = begin(world, campaign).rows
        while rows < 120:
            try:
                rows = world.store.imports.commit_batch(
                    begin(world, campaign).id, rows, 20, rows, batches[rows // 20], []
                ).rows
                done += 1
            except ImportRaced as error:
                rows = error.rows
        return done

    assert sum(at_once(run, run, run)) == 6
    assert world.store.imports.list(9)[0].imported == 120
    world.check()


def test_two_files_with_the_same_numbers_add_them_once(world: World) -> None:
    campaign = world.campaign()
    new = leads(world, 300)
    jobs = [begin(world, campaign, sha256=str(place)) for place in range(3)]

    def run(job: ImportJob, order: int) -> ImportJob:
        return world.store.imports.commit_batch(job.id, 0, 300, 1, new[::order], [])

    done = at_once(*(lambda j=j, o=o: run(j, o) for j, o in zip(jobs, (1, -1, 1), strict=True)))
    assert sum(each.imported for each in done) == 300
    assert sum(each.duplicates for each in done) == 600
    world.check()


def test_a_dry_run_counts_and_adds_nothing(world: World) -> None:
    campaign = world.campaign(leads=1)
    known = world.store.leads.list(campaign.id, 1)[0].number
    job = begin(world, campaign, dry_run=True)
    new = leads(world, 3)
    job = world.store.imports.commit_batch(job.id, 0, 5, 9, [*new, new[0], NewLead(known, (ZONE,))], [])
    assert (job.imported, job.duplicates, job.list_id) == (3, 2, None)
    assert len(list(world.store.leads.iterate(campaign.id))) == 1
    assert begin(world, campaign).id != job.id, "the real one is another import"
    world.check()


def test_imports_come_in_pages_newest_first(world: World) -> None:
    campaign, other = world.campaign(), world.campaign()
    ids = [begin(world, campaign, sha256=str(place)).id for place in range(3)]
    foreign = begin(world, other).id
    assert [job.id for job in world.store.imports.list(2)] == [foreign, ids[2]]
    assert [job.id for job in world.store.imports.list(9, before_id=ids[2], campaign_id=campaign.id)] == [
        ids[1],
        ids[0],
    ]


def test_an_import_into_nothing_is_refused(world: World) -> None:
    with pytest.raises(NotFound):
        world.store.imports.begin(999, "f", "s", "o", 1, False)
    with pytest.raises(NotFound):
        world.store.imports.commit_batch(999, 0, 0, 0, [], [])


@pytest.mark.parametrize(
    "changes",
    [{"number": ""}, {"number": "+" + "1" * 20}, {"name": "x" * 201}, {"zones": ("z" * 256,)}, {"priority": 1 << 20}],
)
def test_what_no_column_can_hold_is_refused_before_it_is_written(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidValue) as caught:
        NewLead(**({"number": "+5511999999999", "zones": (ZONE,)} | changes))  # type: ignore[arg-type]
    assert caught.value.error_id == "lead-invalid"
