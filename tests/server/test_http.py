"""Health, metrics and the page: what is served, and that nothing else ever is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.errors import ServeError
from worldsdk.server.hooks import HttpReply, Status
from worldsdk.server.http import MAX_PAGE_BYTES, Site

UP = Status(True, False, "", True, 2, 5, "doom-field", 12.3456)
FULL = Status(False, False, "no_capacity", True, 8, 0, "doom-field", 9.0)
DEAD = Status(False, True, "draining", False, 0, 0, "doom-field", 9.0)


def get(site: Site, path: str, status: Status = UP, **headers: str) -> HttpReply:
    reply = site.respond(path, {name.replace("_", "-"): value for name, value in headers.items()}, status)
    assert reply is not None
    return reply


@pytest.fixture
def page(tmp_path: Path) -> Path:
    folder = tmp_path / "page"
    (folder / "parts").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>hello")
    (folder / "parts" / "play.js").write_text("let a = 1;")
    (folder / ".secret.js").write_text("no")
    (folder / "notes.py").write_text("no")
    (tmp_path / "outside.txt").write_text("no")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    return folder


def test_health_is_of_the_device_thread_and_readiness_of_room() -> None:
    site = Site()
    assert [get(site, "/healthz", status).status for status in (UP, FULL, DEAD)] == [200, 200, 503]
    assert [get(site, "/readyz", status).status for status in (UP, FULL, DEAD)] == [200, 503, 503]
    assert json.loads(get(site, "/healthz?x=1").body) == {"alive": True, "uptime_seconds": 12.346}
    told = json.loads(get(site, "/readyz", FULL).body)
    assert (told["ready"], told["reason"], told["sessions"], told["viewers"]) == (False, "no_capacity", 8, 0)


def test_metrics_open_closed_and_with_a_secret() -> None:
    opened = Site(exposition=lambda: b"a 1\n")
    assert get(opened, "/metrics").body == b"a 1\n"
    assert get(opened, "/metrics").headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert Site().respond("/metrics", {}, UP) is None
    guarded = Site(exposition=lambda: b"a 1\n", metrics_secret="s3cret")
    assert get(guarded, "/metrics").status == 401
    assert get(guarded, "/metrics", Authorization="Bearer wrong").status == 401
    assert get(guarded, "/metrics", Authorization="Bearer é").status == 401
    assert get(guarded, "/metrics", Authorization="Bearer s3cret").status == 200
    closed = Site(exposition=lambda: b"a 1\n", metrics_secret="")
    assert get(closed, "/metrics", Authorization="Bearer ").status == 401


def test_the_page_is_served_with_types_tags_and_safe_headers(page: Path) -> None:
    site = Site(page=page)
    index = get(site, "/")
    assert index.body == b"<!doctype html>hello" and index.headers["Content-Type"].startswith("text/html")
    assert get(site, "/index.html").body == index.body
    script = get(site, "/parts/play.js?v=2")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers["X-Content-Type-Options"] == "nosniff"
    assert "script-src" not in script.headers["Content-Security-Policy"]
    assert "default-src 'self'" in script.headers["Content-Security-Policy"]
    again = get(site, "/parts/play.js", If_None_Match=script.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    assert get(site, "/parts/play.js", If_None_Match='"other"').status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/.secret.js",
        "/notes.py",
        "/link.txt",
        "/../outside.txt",
        "/parts/../../outside.txt",
        "/%2e%2e/outside.txt",
        "//index.html",
        "/parts",
        "/parts/",
        "index.html",
        "",
        "/etc/passwd",
        "/play",
    ],
)
def test_nothing_else_is_served(page: Path, path: str) -> None:
    assert Site(page=page).respond(path, {}, UP) is None


@given(st.text())
def test_any_path_is_an_answer_or_nothing(path: str) -> None:
    reply = Site(page=Path("/nonexistent")).respond(path, {}, UP)
    assert reply is None or path.partition("?")[0] in ("/healthz", "/readyz")


def test_a_server_without_a_page_has_none(tmp_path: Path) -> None:
    assert Site(page=tmp_path / "none").respond("/", {}, UP) is None


def test_a_page_that_would_fill_the_memory_is_refused(page: Path) -> None:
    (page / "big.js").write_bytes(bytes(MAX_PAGE_BYTES))
    with pytest.raises(ServeError, match="larger"):
        Site(page=page)
