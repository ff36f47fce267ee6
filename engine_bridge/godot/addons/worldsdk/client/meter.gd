## Gathers what [WorldQuality] is read from. Moments are microseconds of [method Time.get_ticks_usec].
extends RefCounted

## Samples behind each percentile: about a quarter of a minute at 35 Hz.
const KEPT := 512
const ROUND_TRIPS := 16
const RATE_WINDOW_USEC := 2_000_000
## An action-to-photon time above this is a machine that slept, not a connection.
const LONGEST_USEC := 60_000_000

var frames := 0
var replaced := 0
var missed := 0
var reconnects := 0
var _trips := PackedFloat64Array()
var _transit := PackedFloat64Array()
var _actions := PackedFloat64Array()
var _arrivals := PackedInt64Array()
var _applied := 0

func pong(t0: int, t1: int, t2: int, now: int) -> void:
	_keep(_trips, maxf(0.0, now - t0 - (t2 - t1)), ROUND_TRIPS)


func frame(one: WorldFrame) -> void:
	frames += 1
	replaced += one.replaced
	missed += 0 if one.met else 1
	_keep(_transit, float(one.arrived - one.pts), KEPT)
	_arrivals.append(one.arrived)
	while _arrivals.size() > 1 and one.arrived - _arrivals[0] > RATE_WINDOW_USEC:
		_arrivals.remove_at(0)


## A frame is on the screen. Only the first that holds an input says how long that input took.
func shown(one: WorldFrame, now: int) -> void:
	if one.ts < 0 or one.applied <= _applied:
		return
	_applied = one.applied
	if now >= one.ts and now - one.ts <= LONGEST_USEC:
		_keep(_actions, float(now - one.ts), KEPT)


## Inputs up to [param seq] measure nothing: time stood still, or went elsewhere, while they were on their way.
func skip(seq: int) -> void:
	_applied = maxi(_applied, seq)


## Inputs go on from [param seq] on a new connection, whose way here is another.
func renumber(seq: int) -> void:
	_applied = mini(_applied, seq)
	_transit.clear()
	_trips.clear()


## What was measured so far.
func read(now: int, newest: WorldFrame) -> WorldQuality:
	var quality := WorldQuality.new()
	while _arrivals.size() > 0 and now - _arrivals[0] > RATE_WINDOW_USEC:
		_arrivals.remove_at(0)
	if _arrivals.size() > 1:
		quality.rate = (_arrivals.size() - 1) * 1e6 / maxf(1.0, _arrivals[-1] - _arrivals[0])
	quality.age_ms = newest.age_ms() if newest != null else 0.0
	quality.action_to_photon_ms = percentile(_actions, 0.5) / 1000.0
	quality.action_to_photon_p95_ms = percentile(_actions, 0.95) / 1000.0
	quality.rtt_ms = percentile(_trips, 0.5) / 1000.0
	if not _transit.is_empty():
		quality.jitter_ms = (percentile(_transit, 0.95) - percentile(_transit, 0.0)) / 1000.0
	quality.frames = frames
	quality.replaced = replaced
	quality.missed = missed
	quality.reconnects = reconnects
	return quality


## Nearest rank; 0 without values. [param part] is from 0 to 1.
static func percentile(values: PackedFloat64Array, part: float) -> float:
	if values.is_empty():
		return 0.0
	var sorted := values.duplicate()
	sorted.sort()
	return sorted[clampi(ceili(part * sorted.size()) - 1, 0, sorted.size() - 1)]


func _keep(values: PackedFloat64Array, value: float, most: int) -> void:
	values.append(value)
	if values.size() > most:
		values.remove_at(0)
