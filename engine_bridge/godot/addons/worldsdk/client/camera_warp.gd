## While a frame is late the last one is moved with the camera: a held picture stutters, a turned one less.
extends RefCounted

## A guess further ahead than this is worse than a still picture.
const LONGEST_BEATS := 3.0
## A turn faster than this within a tick is a jump to elsewhere.
const JUMP := PI / 4.0

var _tick := -1
var _yaw := 0.0
var _rate := 0.0

## Takes a frame as it is shown.
func learn(frame: WorldFrame, pose: WorldPose) -> void:
	var yaw := pose.yaw(frame.state)
	var turned := wrapf(yaw - _yaw, -PI, PI)
	var ticks := frame.tick - _tick
	_rate = turned / ticks if _tick >= 0 and ticks > 0 and absf(turned) < JUMP * ticks else 0.0
	_tick = frame.tick
	_yaw = yaw


## Part of the picture's width by which it should move to the right when the next frame is so many beats late.
func shift(beats: float, pose: WorldPose) -> float:
	var turn := _rate * minf(beats, LONGEST_BEATS)
	return tan(turn) / (2.0 * tan(deg_to_rad(pose.horizontal_fov) / 2.0))
