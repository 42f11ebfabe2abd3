"""Everything at once: what a busy hour does to the locks, in a second."""

from __future__ import annotations

import random
import uuid

from discador.core.attempt.events import Accepted, Answered, Cancelled, Event, HungUp, Pressed, Refused, Ringing
from discador.core.campaign import Command
from discador.core.compliance import Caps
from discador.core.errors import IllegalTransition
from discador.store.records import Happening, NewLead
from tests.contract.store.world import ZONE, World, at_once, capped

_CALLS: list[list[Event]] = [
    [Accepted(), Ringing(), HungUp(19, False)],
    [Accepted(), Answered(), Pressed("9"), HungUp(16, True)],
    [Refused("guard")],
    [HungUp(34, False)],
]


def test_all_operations_together_lose_nothing_and_count_right(world: World) -> None:
    campaigns = [world.campaign(leads=150) for _ in range(2)]
    shared = [world.number() for _ in range(40)]
    queued: list[uuid.UUID] = []

    def master(place: int) -> None:
        campaign = campaigns[place]
        for _ in range(12):
            queued.extend(each.attempt_id for each in world.reserve(campaign, 9))
            world.store.reservation.promote(campaign.id)

    def worker(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(15):
            ids = chance.sample(queued, min(len(queued), 12))
            passed = [each.attempt.id for each in world.gate(ids, capped(Caps(2, 0))).passed]
            now = world.store.ping()
            calls = [(each, chance.choice(_CALLS)) for each in passed]
            happenings = [
                Happening(each, event, now, seq, "event") for each, call in calls for seq, event in enumerate(call, 1)
            ]
            happenings += [
                Happening(each, Cancelled(), now, None, "cancelled") for each in chance.sample(ids, len(ids) // 4)
            ]
            chance.shuffle(happenings)
            world.store.progress.apply(happenings)
            world.store.progress.apply(happenings)

    def people() -> None:
        for number in shared:
            for campaign in campaigns:
                world.store.leads.create(campaign.id, NewLead(number, (ZONE,)))
            if number.endswith(("3", "7")):
                world.store.dnc.add(number, "asked", "manual")

    def supervisor() -> None:
        for _ in range(6):
            for command in (Command.PAUSE, Command.RESUME):
                try:
                    world.store.campaigns.command(campaigns[0].id, command)
                except IllegalTransition:
                    raise AssertionError("nobody else commands") from None

    at_once(lambda: master(0), lambda: master(1), lambda: worker(1), lambda: worker(2), people, supervisor)
    world.check()
