"""What the pages say, in the reader's language, numbers and zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from discador.web.i18n.catalogue import translations
from discador.web.i18n.choice import locale_of
from discador.web.i18n.formats import Formats
from discador.web.i18n.server_text import server_text
from discador.web.pages.preferences import local_path
from scripts import update_messages

BRAZIL = Formats("pt_BR", ZoneInfo("America/Sao_Paulo"))
ENGLISH = Formats("en", ZoneInfo("UTC"))
SAY = translations("pt_BR").gettext
AT = datetime(2026, 11, 22, 17, 3, 5, tzinfo=UTC)


def request(accept: str = "", cookie: str = "") -> Request:
    headers = [(b"accept-language", accept.encode()), (b"cookie", cookie.encode())]
    return Request({"type": "http", "headers": headers})


def test_every_message_of_the_source_is_translated_with_its_placeholders() -> None:
    path = update_messages.CATALOGUES / "pt_BR" / "messages.po"
    assert update_messages.faults(path, update_messages.template()) == []


@pytest.mark.parametrize(
    ("accept", "cookie", "own", "wanted"),
    [
        ("", "", "", "pt_BR"),
        ("fr-FR,fr;q=0.9", "", "", "pt_BR"),
        ("en-US,en;q=0.9", "", "", "en"),
        ("pt-PT,en;q=0.5", "", "", "pt_BR"),
        ("en;q=0.2,pt-BR;q=0.9", "", "", "pt_BR"),
        ("en", "", "pt-BR", "pt_BR"),
        ("pt-BR", "discador_language=en", "pt-BR", "en"),
        ("en", "discador_language=klingon", "", "en"),
    ],
)
def test_the_menu_comes_before_the_user_and_the_user_before_the_browser(
    accept: str, cookie: str, own: str, wanted: str
) -> None:
    assert locale_of(request(accept, cookie), own) == wanted


@given(st.text(alphabet=st.characters(codec="latin-1"), max_size=200))
def test_no_accept_language_header_is_an_error(header: str) -> None:
    scope = {"type": "http", "headers": [(b"accept-language", header.encode("latin-1"))]}
    assert locale_of(Request(scope)) in ("pt_BR", "en")


def test_numbers_moments_and_spans_are_written_as_people_there_do() -> None:
    assert BRAZIL.number(1234.5, 1) == "1.234,5"
    assert ENGLISH.number(1234.5, 1) == "1,234.5"
    assert ">14:03:05<" in BRAZIL.clock(AT)
    assert "22/11/2026 14:03:05" in BRAZIL.moment(AT)
    assert BRAZIL.percent(1, 3) == "33,3 %"
    assert BRAZIL.percent(1, 0) == "—"
    assert [BRAZIL.span(s) for s in (0, 59, 61, 3600, 90061)] == ["0 s", "59 s", "1 min 1 s", "1 h", "1 d 1 h"]
    assert BRAZIL.between(AT, AT + timedelta(seconds=65)) == "1:05"
    assert BRAZIL.bytes(5 * 1024 * 1024) == "5 MiB"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Leads are due", "Há contatos a discar"),
        ("due now: 1200; due later: 5; next at 2026-11-22T17:03:05+00:00",
         "agora: 1.200; mais tarde: 5; próximo em 22/11/2026 14:03:05"),
        ("free: unknown", "livres: desconhecido"),
        ("the campaign is draft", "a campanha está rascunho"),
        ("it is exhausted: attempt 3 was the last allowed", "está esgotado: a tentativa 3 era a última permitida"),
        ("outside the calling window in America/Manaus, where it is Sun 12:30; opens at unknown",
         "fora do horário de chamadas em America/Manaus, onde são dom. 12:30; abre em desconhecido"),
        ("a sentence of a newer master", "a sentence of a newer master"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_the_master_says_is_told_in_portuguese(said: str, shown: str) -> None:
    assert server_text(said, SAY, BRAZIL) == shown


@given(st.text())
def test_any_sentence_of_the_master_can_be_told(text: str) -> None:
    assert isinstance(server_text(text, SAY, BRAZIL), str)


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "", "evil", "/a\nb"])
def test_nobody_is_sent_to_another_site(wanted: str) -> None:
    assert local_path(wanted) == "/"
    assert local_path("/campaigns?state=2") == "/campaigns?state=2"
