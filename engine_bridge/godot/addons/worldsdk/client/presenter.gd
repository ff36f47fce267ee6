## When to show which frame: an absolute schedule from the server's time stamps, behind a buffer that adapts.
##
## Each frame is due at its stamp plus the least time that frames take on the way, plus a delay that covers all
## but the worst jitter: pictures then follow each other as evenly as they were made. No clock of its own.
extends RefCounted

const Meter := preload("meter.gd")
const KEPT := 512
## Part of the frames that the delay makes wait for their moment; covering the rest would cost every frame.
const COVERED := 0.95
## More delay than this is felt in the hand before it is seen as smoothness.
const LONGEST_DELAY_BEATS := 3.0
## The same in time: beats of slow worlds are long.
const LONGEST_DELAY_USEC := 100_000.0
## Between two stamps: time stood still (a pause, a reconnect), so what was learnt is stale.
const GAP_USEC := 500_000
const WAITING := 8
const MARGIN_USEC := 500

## Microseconds between two ticks.
var period := 28_571.0
## Microseconds that frames are kept back at present.
var delay := 0.0
var late := 0
var dropped := 0

var _transit := PackedFloat64Array()
var _frames: Array[WorldFrame] = []
var _due := PackedFloat64Array()
var _late: Array[bool] = []
var _last_pts := -1
var _expected := -1.0

## A frame came in.
func add(frame: WorldFrame) -> void:
	if _last_pts < 0 or frame.pts < _last_pts or frame.pts - _last_pts > GAP_USEC:
		restart()
	_last_pts = frame.pts
	_transit.append(float(frame.arrived - frame.pts))
	if _transit.size() > KEPT:
		_transit.remove_at(0)
	var least := Meter.percentile(_transit, 0.0)
	# By the schedule as it was: no frame may excuse its own lateness.
	var due := frame.pts + least + delay
	var sorted := _transit.duplicate()
	sorted.sort()
	# Rounded down: one hitch among the first few frames is not yet a habit of the way.
	var jitter := sorted[floori(COVERED * (sorted.size() - 1))] - least
	var wanted := minf(jitter, minf(LONGEST_DELAY_BEATS * period, LONGEST_DELAY_USEC))
	# Up at once, for a hitch is seen; down slowly, for each step down is one too.
	delay = wanted if wanted > delay else maxf(wanted, delay - 0.01 * period)
	_frames.append(frame)
	_due.append(due)
	_late.append(frame.arrived > due + MARGIN_USEC)
	while _frames.size() > WAITING:
		_pop()
		dropped += 1


## The frame to show from now on, or null where what is shown stays.
func take(now: int) -> WorldFrame:
	var newest: WorldFrame = null
	while not _frames.is_empty() and _due[0] <= now:
		if newest != null:
			dropped += 1
		_expected = maxf(_due[0], now - period) + period
		late += 1 if _late[0] else 0
		newest = _pop()
	return newest


## Beats by which the next frame is late; 0 where it is not, or none has been shown yet.
func overdue(now: int) -> float:
	if _expected < 0.0 or now <= _expected or not _frames.is_empty():
		return 0.0
	return (now - _expected) / period


## Forgets the schedule, for a world that stood still or jumped; what waits is due at once.
func restart() -> void:
	_transit.clear()
	for place in _due.size():
		_due[place] = 0.0
	_last_pts = -1
	_expected = -1.0
	delay = 0.0


## Forgets the frames that wait, too.
func clear() -> void:
	restart()
	_frames.clear()
	_due.clear()
	_late.clear()


func _pop() -> WorldFrame:
	_due.remove_at(0)
	_late.remove_at(0)
	return _frames.pop_front()
