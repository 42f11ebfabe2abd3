from __future__ import annotations

import pytest

from discador.rest_gateway.template import TemplateError, parse


@pytest.mark.parametrize(
    ("text", "shape", "variables"),
    [
        ("/v1/books", "/v1/books", {}),
        ("/v1/{id}", "/v1/*", {"id": (1, 2, False)}),
        ("/v1/{book.author.id=*}", "/v1/*", {"book.author.id": (1, 2, False)}),
        ("/v1/{name=shelves/*/books/*}", "/v1/shelves/*/books/*", {"name": (1, 5, True)}),
        ("/v1/{name=**}", "/v1/**", {"name": (1, 2, True)}),
        ("/v1/{name=**}/tail/{id}", "/v1/**/tail/*", {"name": (1, 2, True), "id": (3, 4, False)}),
        ("/v1/*/{id}:cancel", "/v1/*/*:cancel", {"id": (2, 3, False)}),
        ("/{parent=shelves/*}:list-all", "/shelves/*:list-all", {"parent": (0, 2, True)}),
        ("/v1/{id=fixed}", "/v1/fixed", {"id": (1, 2, False)}),
        ("/a-b_c.d~e!$&'()+,;=@%20", "/a-b_c.d~e!$&'()+,;=@%20", {}),
    ],
)
def test_a_template_is_read(text: str, shape: str, variables: dict[str, tuple[int, int, bool]]) -> None:
    template = parse(text)
    assert template.shape == shape
    assert {".".join(v.field_path): (v.start, v.end, v.is_multi) for v in template.variables} == variables


@pytest.mark.parametrize(
    "text",
    [
        "", "v1", "/", "//", "/v1/", "/v1//a", "/v1/{", "/v1/}", "/v1/{a", "/v1/a}", "/v1/{}", "/v1/{a=}", "/v1/{a=b/}",
        "/v1/{a={b}}", "/v1/{a=x/{b}/y}", "/v1/{a}{b}", "/v1/x{a}", "/v1/{a}x", "/v1/{a.}", "/v1/{1a}", "/v1/{a-b}",
        "/v1/**/**", "/v1/{a=**}/{b=**}", "/v1/{a}/{a}", "/v1/***", "/v1/a*", "/v1/a b", "/v1/a?b", "/v1/%zz", "/v1/a#",
        "/v1/a:", "/v1/a:b:c", "/v1/a:b/c", "/v1/{a}:{b}", "/v1/ç",
    ],
)  # fmt: skip
def test_what_the_grammar_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(TemplateError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "path", "values"),
    [
        ("/v1/{id}", "v1/7", ["7"]),
        ("/v1/{name=shelves/*}/x", "v1/shelves/1/x", ["shelves/1"]),
        ("/v1/{name=**}", "v1", [""]),
        ("/v1/{name=**}", "v1/a/b", ["a/b"]),
        ("/{a}/{name=x/**/y}/{b}", "1/x/y/2", ["1", "x/y", "2"]),
        ("/{a}/{name=x/**/y}/{b}", "1/x/p/q/y/2", ["1", "x/p/q/y", "2"]),
        ("/{name=**}/{b}", "p/q/2", ["p/q", "2"]),
    ],
)
def test_a_variable_takes_its_segments(text: str, path: str, values: list[str]) -> None:
    template = parse(text)
    assert [template.text_of(v, tuple(path.split("/"))) for v in template.variables] == values
