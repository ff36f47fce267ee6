"""The web page, as files and in a real browser without a screen."""

import hashlib
import re
import subprocess
import sys
import time
import urllib.request

import numpy as np
import pytest

import worldsdk
from tests.support import install_tiny_family, tiny_pack
from worldsdk.server.http import PAGE, SAFE, read_page

FILES = read_page(PAGE)
TEXTS = {path: file.content.decode() for path, file in FILES.items() if not path.endswith((".png", ".ico"))}
OWN = {path: text for path, text in TEXTS.items() if not path.startswith("/vendor/")}
WAIT_MS = 20_000


def test_everything_that_a_file_names_is_served_too():
    for path, text in OWN.items():
        if path.endswith(".html"):
            named = re.findall(r'(?:src|href)="([^"#]+)"', text)
        else:
            named = re.findall(r'from "(\./[^"]+)"', text)
        assert named or not path.endswith((".html", "main.js")), path
        for name in named:
            assert "/" + name.removeprefix("./") in FILES, f"{path} names {name}"


def test_nothing_comes_from_elsewhere_and_no_script_is_inline():
    for path, text in OWN.items():
        addresses = set(re.findall(r"(?:https?|wss?):\/\/[\w.]+", text)) - {"http://www.w3.org"}
        assert not addresses, (path, addresses)
    html = TEXTS["/index.html"]
    assert all(body == "" for body in re.findall(r"<script[^>]*>(.*?)</script>", html, re.S))
    assert not re.search(r"\son\w+=", html) and "style=" not in html
    policy = SAFE["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe-eval" not in policy and "script-src" not in policy


def test_the_library_is_the_published_one_with_its_licence():
    digest = hashlib.sha256(FILES["/vendor/msgpack.min.js"].content).hexdigest()
    assert digest in TEXTS["/vendor/README.md"]
    assert "Permission to use, copy, modify" in TEXTS["/vendor/LICENSE-msgpack.txt"]


def test_every_button_and_field_has_a_name_for_those_who_cannot_see_it():
    html = TEXTS["/index.html"]
    for attributes, content in re.findall(r"<button([^>]*)>(.*?)</button>", html, re.S):
        words = re.sub(r"<[^>]+>", "", content).strip()
        assert words or "aria-label=" in attributes, attributes
    for field in re.findall(r"<(?:input|select)[^>]*>", html):
        name = re.search(r'id="([^"]+)"', field)[1]
        labels = re.findall(r"<label.*?</label>", html, re.S)
        assert any(f'for="{name}"' in label or f'id="{name}"' in label for label in labels), name


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The port of a server that runs grid-rooms."""
    command = [sys.executable, "-m", "worldsdk.cli.main", "serve", "grid-rooms", "--port", "0"]
    # Pages of earlier tests are soon forgotten: each would count as a player who may come back.
    command += ["--resume-seconds", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            said = server.stdout.readline()
            found = re.search(r"ws://127\.0\.0\.1:(\d+)/", said)
            assert found, said
            yield int(found[1])
        finally:
            server.terminate()
            server.stdout.close()


def test_the_page_comes_with_its_policy(served):
    with urllib.request.urlopen(f"http://127.0.0.1:{served}/", timeout=10) as answer:
        assert answer.headers["Content-Security-Policy"] == SAFE["Content-Security-Policy"]
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.read() == FILES["/index.html"].content


@pytest.fixture
def open_page(served, browser):
    """Opens the page; whatever it complains of to its console fails the test."""
    contexts, complaints = [], []

    def start(query="", script="", before=None, **options):
        context = browser.new_context(viewport={"width": 900, "height": 700}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        if script:
            page.add_init_script(script)
        if before is not None:
            before(page)
        page.goto(f"http://127.0.0.1:{served}/{query}")
        return page

    yield start
    for context in contexts:
        context.close()
    assert complaints == []


def phase(page, name):
    page.wait_for_selector(f'body[data-phase="{name}"]')


def picture(page):
    """uint8 [H, W, 3] of the canvas."""
    values = page.evaluate(
        """() => {
          const canvas = document.getElementById("screen");
          const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return [canvas.height, canvas.width, Array.from(image.data)];
        }"""
    )
    return np.array(values[2], np.uint8).reshape(values[0], values[1], 4)[..., :3]


def until(page, condition, what):
    """Polls: the page's policy forbids the evaluated predicates that the driver would wait with."""
    end = time.monotonic() + WAIT_MS / 1000
    while not condition():
        assert time.monotonic() < end, what
        page.wait_for_timeout(50)


def stat(page, name):
    return page.locator(f'[data-stat="{name}"], [data-state="{name}"]').text_content()


def tick(page):
    """Of the newest picture; -1 where there is none yet."""
    text = stat(page, "tick")
    return int(text) if text.isdigit() else -1


def play(page):
    phase(page, "ready")
    if page.locator("#stats").is_hidden():
        page.click("#toggle-stats")
    page.click("#primary")
    phase(page, "playing")
    until(page, lambda: tick(page) > 0, "the world moves")


@pytest.fixture(scope="module")
def first_picture():
    return worldsdk.load("grid-rooms").session().frame.pixels


def test_it_opens_on_the_worlds_first_picture_and_waits(open_page, first_picture):
    page = open_page()
    phase(page, "ready")
    assert page.locator("#title").text_content() == "Grid rooms"
    assert page.locator("#legend kbd").all_text_contents()[:2] == ["←", "A"]
    until(page, lambda: np.array_equal(picture(page), first_picture), "the first picture")
    page.wait_for_timeout(400)
    assert np.array_equal(picture(page), first_picture)
    size = page.locator("#screen").bounding_box()
    assert size["width"] == size["height"] == 640  # ten times 64: whole pixels


def test_a_held_key_moves_what_the_python_client_sees_too(open_page, served, first_picture, tmp_path):
    page = open_page()
    play(page)
    before = float(stat(page, "agent_dir"))
    page.keyboard.down("ArrowLeft")
    until(page, lambda: float(stat(page, "agent_dir")) != before, "the agent turns")
    page.keyboard.up("ArrowLeft")
    page.keyboard.press("KeyP")
    phase(page, "paused")
    room = re.search(r"room (\S+)", page.locator("#about").text_content())[1]
    with worldsdk.connect(f"ws://127.0.0.1:{served}", role="viewer", room=room) as world:
        seen = world.session().frame
    assert not np.array_equal(seen.pixels, first_picture)
    until(page, lambda: np.array_equal(picture(page), seen.pixels), "both see the same")
    shot = tmp_path / "page.png"
    page.screenshot(path=shot)
    assert shot.stat().st_size > 10_000
    assert re.fullmatch(r"[\d.]+ ms, p95 [\d.]+ ms", stat(page, "photon"))


def test_begin_again_save_and_load(open_page, first_picture):
    page = open_page()
    play(page)
    assert page.locator("#load").is_disabled()
    page.keyboard.press("ArrowRight")
    until(page, lambda: not np.array_equal(picture(page), first_picture), "the picture changes")
    page.keyboard.press("KeyP")
    phase(page, "paused")
    page.wait_for_timeout(300)
    page.click("#save")
    page.wait_for_selector("#toast:not([hidden])")
    saved = picture(page)
    page.click("#reset")
    until(page, lambda: np.array_equal(picture(page), first_picture), "begun again")
    page.click("#load")
    until(page, lambda: np.array_equal(picture(page), saved), "back at the save")


def test_rewinding_goes_back_while_it_is_held(open_page):
    page = open_page()
    play(page)
    until(page, lambda: tick(page) >= 12, "some past to go back to")
    box = page.locator("#rewind").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    before = tick(page)
    page.mouse.down()
    phase(page, "rewinding")
    until(page, lambda: tick(page) < before - 4, "time runs backwards")
    page.mouse.up()
    phase(page, "playing")


def test_a_seed_and_a_start_of_ones_own(open_page, first_picture):
    page = open_page()
    phase(page, "ready")
    page.click("#open-settings")
    page.fill("#seed", "5")
    page.fill("#start", "3")
    page.click("#begin-now")
    phase(page, "playing")
    page.keyboard.press("KeyP")
    phase(page, "paused")
    page.click("#reset")
    wanted = worldsdk.load("grid-rooms").session(5, 3).frame.pixels
    assert not np.array_equal(wanted, first_picture)
    until(page, lambda: np.array_equal(picture(page), wanted), "the chosen start")


def test_a_dropped_connection_is_taken_up_again(open_page):
    sockets = []

    def between(page):
        def route(socket):
            sockets.append((socket, socket.connect_to_server()))

        page.route_web_socket(re.compile("/play$"), route)

    page = open_page(before=between)
    play(page)
    until(page, lambda: tick(page) >= 5, "some ticks")
    before = tick(page)
    room = page.locator("#about").text_content()
    mine, theirs = sockets[0]
    # The page's end first: what it said in between would be sent on into a closed socket.
    mine.close(code=3000)
    theirs.close(code=3000)
    until(page, lambda: len(sockets) == 2, "it comes back")
    phase(page, "playing")
    assert page.locator("#about").text_content() == room
    until(page, lambda: tick(page) >= before, "where it was")
    reached = tick(page)
    until(page, lambda: tick(page) > reached + 2, "the world goes on")


def test_fingers_get_a_pad_on_the_screen(open_page):
    page = open_page(has_touch=True, is_mobile=True)
    phase(page, "ready")
    page.tap("#toggle-stats")
    page.tap("#primary")
    phase(page, "playing")
    names = page.locator(".pad-button").all_text_contents()
    assert names == ["pickup", "drop", "toggle"]
    until(page, lambda: stat(page, "agent_dir") != "–" and stat(page, "agent_dir") != "", "frames")
    before = float(stat(page, "agent_dir"))
    box = page.locator(".stick").bounding_box()
    assert page.locator(".stick").count() == 1
    page.touchscreen.tap(box["x"] + 12, box["y"] + box["height"] / 2)
    until(page, lambda: float(stat(page, "agent_dir")) != before, "a tap on the left of the stick turns")


GAMEPAD = """
window.fakePad = {connected: true, mapping: "standard", axes: [0, 0, 0, 0],
  buttons: Array.from({length: 17}, () => ({value: 0, pressed: false}))};
navigator.getGamepads = () => [window.fakePad];
"""


def test_a_gamepad_plays(open_page):
    page = open_page(script=GAMEPAD)
    play(page)
    before = float(stat(page, "agent_dir"))
    page.evaluate("() => { window.fakePad.buttons[15].value = 1; }")
    until(page, lambda: float(stat(page, "agent_dir")) != before, "the cross turns")
    page.evaluate("() => { window.fakePad.buttons[15].value = 0; window.fakePad.buttons[9].value = 1; }")
    phase(page, "paused")


def test_a_watcher_sees_and_cannot_touch(open_page):
    page = open_page()
    play(page)
    room = re.search(r"room (\S+)", page.locator("#about").text_content())[1]
    other = open_page(f"?watch&room={room}")
    phase(other, "playing")
    other.click("#toggle-stats")
    until(other, lambda: tick(other) >= 0, "pictures come")
    assert other.locator("#reset").is_hidden() and other.locator("#play").is_hidden()
    page.keyboard.press("KeyP")
    phase(page, "paused")
    until(other, lambda: np.array_equal(picture(other), picture(page)), "the same picture")


def test_a_room_that_is_not_there_is_explained(open_page):
    page = open_page("?watch&room=nowhere")
    phase(page, "over")
    assert page.locator("#title").text_content() == "No such room"
    assert "nowhere" in page.locator("#detail").text_content()
    assert page.locator("#primary").text_content() == "Try again"


def test_a_lossy_format_shows_nearly_the_same(open_page, first_picture):
    page = open_page()
    phase(page, "ready")
    until(page, lambda: np.array_equal(picture(page), first_picture), "the first picture")
    for codec in ("jpeg", "webp"):
        page.click("#open-settings")
        page.select_option("#codec", codec)
        page.click("#settings .close")
        page.click("#reset")
        until(page, lambda: not np.array_equal(picture(page), first_picture), f"a picture in {codec}")
        difference = np.abs(picture(page).astype(int) - first_picture)
        assert 0 < difference.mean() < 8
        page.click("#open-settings")
        page.select_option("#codec", "raw_rgba")
        page.click("#settings .close")
        page.click("#reset")
        until(page, lambda: np.array_equal(picture(page), first_picture), "the exact picture")


def test_the_mouse_turns_where_the_world_turns_by_it(browser, tmp_path):
    environment = {"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"} | install_tiny_family(tmp_path / "family")
    pack = tiny_pack(tmp_path / "tiny")
    command = [sys.executable, "-m", "worldsdk.cli.main", "serve", str(pack), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        context = browser.new_context()
        try:
            port = re.search(r"127\.0\.0\.1:(\d+)/", server.stdout.readline())[1]
            page = context.new_page()
            page.set_default_timeout(WAIT_MS)
            page.goto(f"http://127.0.0.1:{port}/")
            play(page)
            until(page, lambda: page.evaluate("() => document.pointerLockElement?.id") == "screen", "lock")
            page.mouse.move(300, 200)  # from the button that was clicked: to the left
            page.wait_for_timeout(700)
            heading = float(stat(page, "heading"))
            for step in range(5):
                page.mouse.move(310 + 10 * step, 200)
            # A tenth of a degree for each of 50 pixels.
            until(page, lambda: stat(page, "heading") == f"{(heading + 5) % 360:.1f}", "right by 5 degrees")
            page.evaluate("() => document.exitPointerLock()")
            phase(page, "paused")
        finally:
            context.close()
            server.terminate()
            server.stdout.close()


def test_a_small_screen_shows_all_of_the_card(open_page):
    page = open_page()
    for width, height in ((360, 640), (740, 360)):
        page.set_viewport_size({"width": width, "height": height})
        phase(page, "ready")
        page.locator("#primary").scroll_into_view_if_needed()
        box = page.locator("#primary").bounding_box()
        assert box["y"] + box["height"] <= height and box["x"] >= 0 and box["x"] + box["width"] <= width
        last = page.locator("#fullscreen").bounding_box()
        assert last["x"] + last["width"] <= width and last["y"] + last["height"] <= height


def test_a_server_with_keys_is_told_the_token_and_plays(browser, tmp_path):
    program = [sys.executable, "-m", "worldsdk.cli.main"]
    keys = str(tmp_path / "keys.json")
    subprocess.run([*program, "keys", "new", keys], check=True, capture_output=True, timeout=60)
    command = [*program, "serve", "grid-rooms", "--port", "0", "--keys", keys]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        context = browser.new_context()
        try:
            port = re.search(r"127\.0\.0\.1:(\d+)/", server.stdout.readline())[1]
            page = context.new_page()
            page.set_default_timeout(WAIT_MS)
            page.goto(f"http://127.0.0.1:{port}/")
            phase(page, "over")
            assert page.locator("#title").text_content() == "A token, please"
            made = subprocess.run(
                [*program, "token", "--keys", keys], check=True, capture_output=True, text=True, timeout=60
            )
            page.fill("#token", made.stdout.strip())
            page.press("#token", "Enter")
            play(page)
            assert made.stdout.strip() not in page.url
        finally:
            context.close()
            server.terminate()
            server.stdout.close()
