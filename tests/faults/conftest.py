from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support import tiny_manifest, tiny_model, tiny_starts
from worldsdk.runtime.world import World
from worldsdk.server.app import Hooks, Server, serving
from worldsdk.server.http import Site
from worldsdk.server.metrics import PrometheusMetrics
from worldsdk.server.options import ServeOptions
from worldsdk.server.security.door import Door
from worldsdk.server.security.images import BoundedImages
from worldsdk.server.security.limits import LOOPBACK_LIMITS

QUICK: dict[str, Any] = {
    "port": 0,
    "hello_seconds": 5.0,
    "resume_seconds": 30.0,
    "slow_seconds": 30.0,
    "ping_seconds": 20.0,
}
"""Options of a server under test; each fault shortens the one that it is about."""


@dataclass(frozen=True)
class Running:
    """A server that runs, and what it counts."""

    server: Server
    metrics: PrometheusMetrics

    @property
    def port(self) -> int:
        return self.server.port

    def count(self, name: str, **labels: str) -> float:
        """The value of one sample; 0 where there is none yet."""
        for family in text_string_to_metric_families(self.metrics.exposition().decode()):
            for sample in family.samples:
                if sample.name == f"worldsdk_{name}" and sample.labels == labels:
                    return sample.value
        return 0.0


Serve = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture(scope="session")
def served_world() -> World:
    model = tiny_model()
    return World(tiny_manifest(), model, tiny_starts(model.spec))


@pytest.fixture(scope="session")
def serve(served_world: World) -> Serve:
    """Runs a complete server, as ``worldsdk serve`` puts it together, on a free port of loopback."""

    @asynccontextmanager
    async def run(*, door: Door | None = None, store: Any = None, **options: Any) -> AsyncIterator[Running]:
        metrics = PrometheusMetrics(world="tiny")
        more = {} if store is None else {"store": store}
        hooks = Hooks(
            authority=door or Door(limits=LOOPBACK_LIMITS),
            images=BoundedImages(),
            metrics=metrics,
            routes=Site(exposition=metrics.exposition),
            **more,
        )
        async with serving(served_world, ServeOptions(**(QUICK | options)), hooks) as server:
            yield Running(server, metrics)

    return run
