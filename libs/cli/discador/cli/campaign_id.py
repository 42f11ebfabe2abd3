"""Which campaign a word on the command line names."""

from __future__ import annotations

from discador.cli import output
from discador.cli.connection import Api
from discador.cli.failure import NotFound
from discador.cli.ids import id_of
from discador.v1 import campaign_pb2


def campaign_id(api: Api, word: str) -> int:
    """Return the id of the campaign that a word on the command line names: an id, or its exact name."""
    if (number := id_of(word)) is not None:
        return number
    found = output.pages(
        lambda token: api.campaigns.ListCampaigns(campaign_pb2.ListCampaignsRequest(page_token=token, page_size=200)),
        "campaigns",
        100_000,
    )
    for campaign in found:
        if campaign.name == word:
            return int(campaign.id)
    raise NotFound(f"No campaign is called {word!r}.", "campaign-not-found")
