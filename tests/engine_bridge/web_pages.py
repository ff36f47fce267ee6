"""The web bridge's workspace: whether it can run here, its scripts, its demo pages."""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support import REPOSITORY

WEB = REPOSITORY / "engine_bridge" / "web"
OLDEST_NODE = (20, 10)


def node_missing() -> str:
    """Why there is no Node that will do; empty where there is one."""
    if shutil.which("node") is None:
        return "Node was not found"
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=60).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_NODE:
        return f"Node 20.10 or later was not found, only {said.strip() or 'one that does not start'}"
    return ""


NO_NODE = node_missing()
needs_node = pytest.mark.skipif(bool(NO_NODE), reason=NO_NODE)
needs_packages = pytest.mark.skipif(
    not (WEB / "node_modules" / "esbuild").exists(),
    reason="engine_bridge/web/node_modules is missing: run 'npm ci' in engine_bridge/web",
)


def node(*arguments: str, seconds: float = 240) -> subprocess.CompletedProcess[str]:
    """Runs a script of the workspace."""
    return subprocess.run(["node", *arguments], cwd=WEB, capture_output=True, text=True, timeout=seconds)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests' output is for the tests."""


@contextmanager
def bundled() -> Iterator[str]:
    """The demo pages on a port of their own; yields their origin."""
    done = node("scripts/demo.mjs", "--build")
    assert done.returncode == 0, done.stderr
    handler = functools.partial(_Quiet, directory=str(WEB / ".demo"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
