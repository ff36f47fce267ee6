"""What Prometheus reads: names with units, closed labels, honest percentiles."""

from __future__ import annotations

import re
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from tests.support import REPOSITORY
from worldsdk.server.hooks import Metrics
from worldsdk.server.metrics import OTHER, RING, PrometheusMetrics


def read(metrics: PrometheusMetrics) -> dict[tuple[str, tuple[str, ...]], float]:
    """(sample name, label values) -> value."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {
        (sample.name, tuple(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in families
        for sample in family.samples
    }


def use(metrics: Metrics) -> None:
    metrics.tick({"condition": 1.0, "denoise": 5.0}, 7.0, met=True)
    metrics.tick({"condition": 1.0, "denoise": 50.0}, 52.0, met=False)
    metrics.frame("sent", "jpeg", 9000)
    metrics.frame("replaced", "jpeg", 0)
    metrics.encoded("jpeg", 0.002)
    metrics.input_to_send(0.012)
    metrics.action_to_photon(0.040)
    metrics.joined("player")
    metrics.joined("viewer")
    metrics.left("viewer", "bye", 12.0)
    metrics.traffic("in", 100)
    metrics.traffic("out", 9000)
    metrics.rejected("unauthenticated")
    metrics.resumed("conflict")
    metrics.load(3, 0.25)


def test_everything_counted_is_read_back() -> None:
    metrics = PrometheusMetrics(world="doom-field", version="1")
    use(metrics)
    values = read(metrics)
    for name, labels, value in (
        ("tick_seconds_count", ("total",), 2),
        ("tick_seconds_count", ("denoise",), 2),
        ("tick_deadline_missed_total", (), 1),
        ("frames_total", ("sent",), 1),
        ("frames_total", ("replaced",), 1),
        ("frame_bytes_sum", ("jpeg",), 9000),
        ("encode_seconds_count", ("jpeg",), 1),
        ("input_to_send_seconds_sum", (), 0.012),
        ("action_to_photon_seconds_sum", (), 0.040),
        ("connections", ("player",), 1),
        ("connections", ("viewer",), 0),
        ("connections_ended_total", ("bye",), 1),
        ("connection_seconds_sum", ("viewer",), 12),
        ("bytes_total", ("in",), 100),
        ("bytes_total", ("out",), 9000),
        ("rejected_total", ("unauthenticated",), 1),
        ("resumes_total", ("conflict",), 1),
        ("sessions", (), 3),
        ("device_utilisation_ratio", (), 0.25),
        ("server_info", ("1", "doom-field"), 1),
    ):
        assert values["worldsdk_" + name, labels] == pytest.approx(value), name


def test_ticks_within_the_budget_of_each_common_rate_are_told_exactly() -> None:
    metrics = PrometheusMetrics()
    for milliseconds in (16.0, 28.0, 33.0, 49.0):
        metrics.tick({}, milliseconds, met=True)
    values = read(metrics)
    within = {
        edge: values["worldsdk_tick_seconds_bucket", (edge, "total")] for edge in ("0.0167", "0.0286", "0.05")
    }
    assert within == {"0.0167": 1, "0.0286": 2, "0.05": 4}


@given(st.text(max_size=20))
def test_labels_from_outside_make_no_new_series(text: str) -> None:
    metrics = PrometheusMetrics()

    def feed(value: str) -> set[tuple[str, tuple[str, ...]]]:
        metrics.rejected(value)
        metrics.joined(value)
        metrics.left(value, value, 1.0)
        metrics.encoded(value, 0.1)
        metrics.frame("sent", value, 1)
        metrics.tick({value: 1.0}, 1.0, met=True)
        metrics.resumed(value)  # type: ignore[arg-type]
        return set(read(metrics))

    first = feed("not a known label")
    assert ("worldsdk_rejected_total", (OTHER,)) in first
    assert feed("x" + text + "y") == first


@pytest.mark.parametrize("seconds", [-1.0, 61.0, float("nan"), float("inf")])
def test_times_that_a_client_cannot_have_measured_are_left_out(seconds: float) -> None:
    metrics = PrometheusMetrics()
    metrics.action_to_photon(seconds)
    assert read(metrics)["worldsdk_action_to_photon_seconds_count", ()] == 0


def test_percentiles_are_exact_and_of_the_last_ticks_only() -> None:
    metrics = PrometheusMetrics()
    assert not any(name == "worldsdk_tick_recent_seconds" for name, _ in read(metrics))
    for _ in range(10):
        metrics.tick({}, 5000.0, met=True)
    for number in range(RING):
        metrics.tick({}, float(number + 1), met=True)
    values = read(metrics)
    exact = {
        labels[0]: value for (name, labels), value in values.items() if name == "worldsdk_tick_recent_seconds"
    }
    assert exact == {"0.5": 1.024, "0.95": 1.946, "0.99": 2.028, "1": 2.048}


def test_threads_may_count_while_somebody_reads() -> None:
    metrics = PrometheusMetrics()

    def work() -> None:
        for _ in range(300):
            use(metrics)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        metrics.exposition()
    assert read(metrics)["worldsdk_tick_seconds_count", ("total",)] == 1800


def test_two_servers_in_one_process_count_apart() -> None:
    one, other = PrometheusMetrics(), PrometheusMetrics()
    one.rejected("forbidden")
    assert ("worldsdk_rejected_total", ("forbidden",)) not in read(other)


def test_the_guide_to_serving_names_every_metric_and_no_other() -> None:
    guide = (REPOSITORY / "docs" / "serving.md").read_text()
    [table] = re.findall(r"each begins with `worldsdk_`\) .*?\n\n", guide, re.S)
    rows = "\n".join(line.split("|")[1] for line in table.splitlines()[2:] if line)
    named = {re.sub(r"\{.*\}", "", name) for name in re.findall(r"`([^`]+)`", rows)}
    metrics = PrometheusMetrics(world="tiny")
    families = text_string_to_metric_families(metrics.exposition().decode())
    real = {
        family.name.removeprefix("worldsdk_") + ("_total" if family.type == "counter" else "")
        for family in families
        if family.name.startswith("worldsdk_") and not family.name.endswith("_created")
    }
    assert named == real
