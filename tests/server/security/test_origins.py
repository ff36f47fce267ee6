"""Which pages may connect, and under which names a server without tokens answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.errors import ForbiddenError, ServeError
from worldsdk.server.security.origins import Origins, is_loopback, make_origins, parse_origin


@pytest.mark.parametrize(
    "text, parsed",
    [
        ("https://Example.org", "https://example.org"),
        ("https://example.org:443/", "https://example.org"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_origins_are_normalised(text: str, parsed: str) -> None:
    assert parse_origin(text) == parsed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "example.org",
        "ftp://a",
        "https://",
        "https://a/b",
        "https://a:99999",
        "http://u@a",
        "http://[x",
    ],
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(ServeError, match="web origin"):
        parse_origin(text)
    with pytest.raises(ForbiddenError):
        Origins().check(text, "a")


@given(st.text())
def test_any_text_is_an_origin_or_that_error(text: str) -> None:
    try:
        assert parse_origin(parse_origin(text)) == parse_origin(text)
    except ServeError as error:
        assert error.code == "serve_refused"


def test_own_page_listed_pages_and_programs_pass() -> None:
    origins = make_origins(["https://example.org"], loopback_names_only=False)
    origins.check(None, "play.net:8000")
    origins.check("http://play.net:8000", "play.net:8000")
    origins.check("https://play.net", "play.net")
    origins.check("https://example.org", "play.net:8000")
    for bad in (
        "http://play.net",
        "http://evil.net:8000",
        "https://example.org.evil.net",
        "http://example.org",
    ):
        with pytest.raises(ForbiddenError, match="--allow-origin"):
            origins.check(bad, "play.net:8000")
    with pytest.raises(ForbiddenError):
        origins.check("http://play.net:8000", None)


@pytest.mark.parametrize(
    "host, good",
    [
        ("localhost:8000", True),
        ("LOCALHOST", True),
        ("localhost.", True),
        ("game.localhost:1", True),
        ("127.0.0.1:9", True),
        ("[::1]:9", True),
        ("evil.net:8000", False),
        ("127.0.0.1.evil.net", False),
        ("localhost.evil.net", False),
        ("", False),
        ("[", False),
        (None, False),
    ],
)
def test_rebound_names_are_refused_where_nothing_else_protects(host: str | None, good: bool) -> None:
    local = Origins(loopback_names_only=True)
    if good:
        local.check_host(host)
    else:
        with pytest.raises(ForbiddenError, match="another name"):
            local.check_host(host)
    Origins().check_host(host)


@pytest.mark.parametrize(
    "address, local",
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("10.0.0.1", False),
        ("localhost.evil.net", False),
    ],
)
def test_loopback_is_told_from_the_rest(address: str, local: bool) -> None:
    assert is_loopback(address) is local
