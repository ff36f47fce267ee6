## What needs no server: bindings, the presentation's schedule, poses, the camera's warp, addresses, back-off. Reports
## the claims that do not hold.
extends "case.gd"

const Bindings := preload("res://addons/worldsdk/client/bindings.gd")
const Presenter := preload("res://addons/worldsdk/client/presenter.gd")
const CameraWarp := preload("res://addons/worldsdk/client/camera_warp.gd")
const Address := preload("res://addons/worldsdk/client/address.gd")
const Backoff := preload("res://addons/worldsdk/client/backoff.gd")

var _broken: Array[String] = []
var _held := 0

func run() -> void:
	_bindings()
	_presenter()
	_pose_and_warp()
	_addresses()
	_backoff()
	finish({"held": _held, "broken": _broken})


func _claim(what: String, holds: bool) -> void:
	if holds:
		_held += 1
	else:
		_broken.append(what)


func _bindings() -> void:
	var bound := Bindings.new()
	var nothing := {"keys": {}, "pad": {}, "mouse": null, "high": 1.0}
	bound.configure([
		nothing.merged({"name": "walk", "keys": {"KeyW": 1.0, "ShiftRight": 1.0}, "pad": {"A": 1.0}}, true),
		nothing.merged({"name": "turn", "pad": {"LeftStickX": 8.0}, "mouse": ["x", 0.1]}, true),
	])
	_claim("a key is bound", bound.take(_key(KEY_W, true)) and bound.changed)
	_claim("a held key is told", bound.drain() == {"keys": ["KeyW"]} and not bound.changed)
	_claim("an echo changes nothing", bound.take(_key(KEY_W, true)) and not bound.changed)
	bound.take(_key(KEY_W, false))
	_claim("a release is told", bound.changed and bound.drain().is_empty())
	bound.take(_key(KEY_W, true))
	bound.take(_key(KEY_W, false))
	_claim("a tap is told, and then its end", bound.drain() == {"keys": ["KeyW"]} and bound.changed and bound.drain().is_empty())
	_claim("left is not right", not bound.take(_key(KEY_SHIFT, true, KEY_LOCATION_LEFT)) and bound.take(_key(KEY_SHIFT, true, KEY_LOCATION_RIGHT)))
	bound.release_devices()
	bound.drain()
	bound.drain()
	var stick := InputEventJoypadMotion.new()
	stick.axis = JOY_AXIS_LEFT_X
	stick.axis_value = 0.1
	bound.take(stick)
	_claim("a stick at rest is at rest", not bound.changed)
	stick.axis_value = -1.0
	bound.take(stick)
	_claim("a stick is told", bound.drain() == {"pad": {"LeftStickX": -1.0}})
	bound.release_devices()
	bound.drain()
	var button := InputEventJoypadButton.new()
	button.button_index = JOY_BUTTON_A
	button.pressed = true
	bound.take(button)
	bound.set_value("turn", 3.0)
	_claim("pads and names go together", bound.drain() == {"pad": {"A": 1.0}, "controls": {"turn": 3.0}})
	bound.set_value("turn", 8.0)
	bound.set_value("turn", 0.0)
	_claim("a tap by name is told", bound.drain()["controls"] == {"turn": 8.0} and bound.changed)
	bound.release_all()
	bound.drain()
	var motion := InputEventMouseMotion.new()
	motion.relative = Vector2(3.0, -1.0)
	bound.take(motion)
	bound.take(motion)
	_claim("mouse motion adds up", bound.drain() == {"mouse": [6.0, -2.0]} and bound.drain().is_empty())


func _key(code: Key, pressed: bool, location: KeyLocation = KEY_LOCATION_UNSPECIFIED) -> InputEventKey:
	var event := InputEventKey.new()
	event.physical_keycode = code
	event.pressed = pressed
	event.location = location
	return event


func _presenter() -> void:
	var schedule := Presenter.new()
	schedule.period = 20_000.0
	var shown: Array[int] = []
	# Even stamps, uneven arrivals: 5 ms, and every fourth frame 8 ms later.
	var frames: Array[WorldFrame] = []
	for number in 60:
		var frame := WorldFrame.new()
		frame.tick = number
		frame.pts = 1_000_000 + number * 20_000
		frame.arrived = frame.pts + 5_000 + (8_000 if number % 4 == 3 else 0)
		frames.append(frame)
	var gaps := PackedInt64Array()
	var last := -1
	var next := 0
	for now in range(1_000_000, 2_300_000, 1_000):
		while next < frames.size() and frames[next].arrived <= now:
			schedule.add(frames[next])
			next += 1
		var taken := schedule.take(now)
		if taken != null:
			shown.append(taken.tick)
			if last >= 0 and taken.tick > 20:
				gaps.append(now - last)
			last = now
	_claim("every frame is shown in its turn", shown == Array(range(60), TYPE_INT, &"", null))
	_claim("frames follow each other evenly", gaps.size() > 30 and gaps.find(20_000) >= 0 and Array(gaps).max() <= 21_000 and Array(gaps).min() >= 19_000)
	_claim("the delay covers the jitter and no more", schedule.delay > 7_000.0 and schedule.delay <= 8_500.0)
	_claim("a missing frame is overdue", schedule.overdue(2_400_000) > 1.0)
	var slow := Presenter.new()
	slow.period = 250_000.0
	for number in 40:
		var frame := WorldFrame.new()
		frame.pts = 1_000_000 + number * 250_000
		frame.arrived = frame.pts + (200_000 if number == 2 or (number > 11 and number % 2 == 1) else 0)
		slow.add(frame)
		if number == 11:
			_claim("a hitch at the beginning is no habit", slow.delay == 0.0)
	_claim("no delay is long in seconds", slow.delay == 100_000.0)


func _pose_and_warp() -> void:
	var pose := WorldPose.new()
	pose.eye_height = 1.0
	var east := pose.camera_transform({"x": 64.0, "y": 32.0, "heading": 0.0})
	_claim("metres and axes", east.origin.is_equal_approx(Vector3(2.0, 1.0, -1.0)))
	_claim("heading 0 looks along x", (-east.basis.z).is_equal_approx(Vector3.RIGHT))
	_claim("heading 90 looks along y", (-pose.camera_transform({"heading": 90.0}).basis.z).is_equal_approx(Vector3.FORWARD))
	pose.clockwise = true
	_claim("clockwise headings", (-pose.camera_transform({"heading": 90.0}).basis.z).is_equal_approx(Vector3.BACK))
	pose.clockwise = false
	var camera := Camera3D.new()
	var seen := pose.fit_camera(camera, Vector2i(64, 48), Vector2(640.0, 480.0))
	_claim("the whole picture fits", seen.is_equal_approx(Vector2.ONE) and absf(camera.fov - 73.74) < 0.01)
	seen = pose.fit_camera(camera, Vector2i(64, 48), Vector2(1280.0, 480.0))
	_claim("a wide window crops height", is_equal_approx(seen.x, 1.0) and is_equal_approx(seen.y, 0.5))
	camera.free()
	var warp := CameraWarp.new()
	for tick in 3:
		var frame := WorldFrame.new()
		frame.tick = tick
		frame.state = {"heading": 358.0 + 4.0 * tick - (360.0 if tick > 0 else 0.0)}
		warp.learn(frame, pose)
	_claim("a turn to the left moves the picture to the right", is_equal_approx(warp.shift(1.0, pose), tan(deg_to_rad(4.0)) / 2.0))
	_claim("no guess further than three beats", is_equal_approx(warp.shift(50.0, pose), warp.shift(3.0, pose)))


func _addresses() -> void:
	_claim("a host and port will do", Address.complete("localhost:8765").get("url") == "ws://localhost:8765/play")
	_claim("https becomes wss", Address.complete("https://host/").get("url") == "wss://host/play")
	_claim("a path stays", Address.complete("ws://host:1/there?x=1").get("url") == "ws://host:1/there?x=1")
	for bad: String in ["", "ftp://host", "ws://", "ws://:80", "ws://a:b@host", "ws://host/?token=x"]:
		_claim("refused: " + bad, Address.complete(bad).has("error"))


func _backoff() -> void:
	var backoff := Backoff.new(10.0, 0)
	var first := backoff.next(0)
	var second := backoff.next(0)
	_claim("waits double", first >= 0.15 and first <= 0.25 and second >= 0.3 and second <= 0.5)
	_claim("the server's wish counts", backoff.next(0, 4.0) >= 4.0)
	_claim("within the total", backoff.next(9_900_000) < 0.0)
