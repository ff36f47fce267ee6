"""What a server tells Prometheus: names with units, labels from closed sets, buckets around the budget."""

from __future__ import annotations

import inspect
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from worldsdk import errors
from worldsdk.protocol.codes import CODES
from worldsdk.runtime.statistics import STAGES
from worldsdk.server.hooks import Outcome

PREFIX = "worldsdk"

TICK_BUCKETS = (
    0.001, 0.002, 0.004, 0.008, 0.012, 0.0167, 0.020, 0.025, 0.0286, 0.0333, 0.041, 0.050,
    0.067, 0.083, 0.100, 0.150, 0.250, 0.500, 1.0,
)  # fmt: skip
"""Edges in seconds lie on the beats of 60, 50, 40, 35, 30, 24, 20, 15, 12 and 10 Hz, so that "how many were
within the budget" is read off exactly."""

PHOTON_BUCKETS = (0.016, 0.033, 0.050, 0.067, 0.083, 0.100, 0.125, 0.150, 0.200, 0.300, 0.500, 1.0, 2.0, 5.0)
"""From one refresh of a display to a link that nobody plays on. 50 ms is where mouse lag is noticed."""

SIZE_BUCKETS = (1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 4e6)
"""Bytes of a frame: a small JPEG to raw 720p."""

LENGTH_BUCKETS = (1, 10, 60, 300, 900, 3600, 14_400, 86_400)
"""Seconds of a connection: a glance, a try, a game, an evening, a day."""

MAX_PHOTON_SECONDS = 60.0
"""Longer is a window that was hidden, not a picture that was late."""

OTHER = "other"
"""The label of whatever is not in its closed set: a label from outside must not make a new series."""

CODECS = frozenset(("raw_rgb", "raw_rgba", "jpeg", "webp", "png", "h264"))
ROLES = frozenset(("player", "viewer", "stepper"))
OUTCOMES = frozenset(("sent", "replaced", "skipped", "late"))
RESUMES = frozenset(("resumed", "conflict", "expired"))

KNOWN_CODES = frozenset(CODES) | {
    error.code
    for error in vars(errors).values()
    if inspect.isclass(error) and issubclass(error, errors.WorldSDKError)
}
REASONS = KNOWN_CODES | {"bye", "lost", "drained"}

RING = 2048
"""Exact tick times that are kept: a minute at 35 Hz. Buckets alone cannot tell a percentile between edges."""


class PrometheusMetrics:
    """The server's ``Metrics``, in a registry of its own. Any thread may call any method.

    Args:
        world: name of the world. version: of worldsdk. Both become labels of ``worldsdk_server_info`` once.
    """

    def __init__(self, *, world: str = "", version: str = "") -> None:
        self.registry = registry = CollectorRegistry()

        def histogram(
            name: str, text: str, label: str = "", buckets: Iterable[float] = TICK_BUCKETS
        ) -> Histogram:
            return Histogram(
                name,
                text,
                (label,) if label else (),
                namespace=PREFIX,
                buckets=tuple(buckets),
                registry=registry,
            )

        def counter(name: str, text: str, label: str = "") -> Counter:
            return Counter(name, text, (label,) if label else (), namespace=PREFIX, registry=registry)

        def gauge(name: str, text: str, label: str = "") -> Gauge:
            return Gauge(name, text, (label,) if label else (), namespace=PREFIX, registry=registry)

        self._ticks = histogram(
            "tick_seconds", "Time of a tick by stage; 'total' is the whole tick.", "stage"
        )
        self._missed = counter("tick_deadline_missed", "Ticks whose frame was late.")
        self._encode = histogram("encode_seconds", "Time to encode the pixels of a frame.", "codec")
        self._input_to_send = histogram(
            "input_to_send_seconds", "From the arrival of an input to its frame leaving for the socket."
        )
        self._photon = histogram(
            "action_to_photon_seconds",
            "From an input at the client to its frame on the client's screen, by the client's clock.",
            buckets=PHOTON_BUCKETS,
        )
        self._frames = counter("frames", "Frames for one connection each, by what became of them.", "outcome")
        self._frame_size = histogram("frame_bytes", "Size of frame messages.", "codec", SIZE_BUCKETS)
        self._bytes = counter("bytes", "Bytes of messages.", "direction")
        self._connections = gauge("connections", "Connections that were welcomed and are open.", "role")
        self._ended = counter("connections_ended", "Connections that ended, by reason.", "reason")
        self._length = histogram("connection_seconds", "How long connections lasted.", "role", LENGTH_BUCKETS)
        self._rejected = counter("rejected", "Visitors, messages and commands that were refused.", "code")
        self._resumes = counter("resumes", "Resume tokens that were presented.", "outcome")
        self._sessions = gauge("sessions", "Live sessions.")
        self._busy = gauge(
            "device_utilisation_ratio", "Share of the device's time that sessions need, 0 to 1."
        )
        Info("server", "What is served.", namespace=PREFIX, registry=registry).info(
            {"world": world, "version": version}
        )
        self._recent = RecentTicks()
        registry.register(self._recent)
        ProcessCollector(registry=registry)
        # Looking a child up by label costs more than counting; the hot ones are kept.
        self._stages = {stage: self._ticks.labels(stage) for stage in (*STAGES, "total", OTHER)}
        self._outcomes = {outcome: self._frames.labels(outcome) for outcome in (*sorted(OUTCOMES), OTHER)}
        self._sizes = {codec: self._frame_size.labels(codec) for codec in (*sorted(CODECS), OTHER)}
        self._directions = {direction: self._bytes.labels(direction) for direction in ("in", "out")}

    def tick(self, stages: Mapping[str, float], total_ms: float, *, met: bool) -> None:
        for stage, milliseconds in stages.items():
            self._stages.get(stage, self._stages[OTHER]).observe(milliseconds / 1000.0)
        self._stages["total"].observe(total_ms / 1000.0)
        self._recent.add(total_ms / 1000.0)
        if not met:
            self._missed.inc()

    def frame(self, outcome: Outcome, codec: str, size: int) -> None:
        self._outcomes.get(outcome, self._outcomes[OTHER]).inc()
        if size:
            self._sizes.get(codec, self._sizes[OTHER]).observe(size)

    def encoded(self, codec: str, seconds: float) -> None:
        self._encode.labels(_one_of(CODECS, codec)).observe(seconds)

    def input_to_send(self, seconds: float) -> None:
        self._input_to_send.observe(seconds)

    def action_to_photon(self, seconds: float) -> None:
        # The number comes from a client: what cannot be is left out.
        if 0.0 <= seconds <= MAX_PHOTON_SECONDS:
            self._photon.observe(seconds)

    def joined(self, role: str) -> None:
        self._connections.labels(_one_of(ROLES, role)).inc()

    def left(self, role: str, reason: str, seconds: float) -> None:
        self._connections.labels(_one_of(ROLES, role)).dec()
        self._ended.labels(_one_of(REASONS, reason)).inc()
        self._length.labels(_one_of(ROLES, role)).observe(seconds)

    def traffic(self, direction: Literal["in", "out"], size: int) -> None:
        self._directions[direction].inc(size)

    def rejected(self, code: str) -> None:
        self._rejected.labels(_one_of(KNOWN_CODES, code)).inc()

    def resumed(self, outcome: Literal["resumed", "conflict", "expired"]) -> None:
        self._resumes.labels(_one_of(RESUMES, outcome)).inc()

    def load(self, sessions: int, utilisation: float) -> None:
        self._sessions.set(sessions)
        self._busy.set(utilisation)

    def exposition(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self.registry)


class RecentTicks(Collector):
    """Exact percentiles of the last ``RING`` ticks, computed when somebody asks."""

    def __init__(self) -> None:
        self._seconds = array("d", bytes(8 * RING))
        self._count = 0

    def add(self, seconds: float) -> None:
        self._seconds[self._count % RING] = seconds
        self._count += 1

    def collect(self) -> Iterator[Metric]:
        kept = sorted(self._seconds[: min(self._count, RING)])
        family = GaugeMetricFamily(
            f"{PREFIX}_tick_recent_seconds",
            f"Exact times of the last {RING} ticks: nearest-rank percentiles.",
            labels=("quantile",),
        )
        if kept:
            for quantile in (0.5, 0.95, 0.99, 1.0):
                rank = max(0, -int(-quantile * len(kept) // 1) - 1)
                family.add_metric((f"{quantile:g}",), kept[rank])
        yield family


def _one_of(known: frozenset[str], value: str) -> str:
    return value if value in known else OTHER
