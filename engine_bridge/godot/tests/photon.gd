## Presses keys of the world at `--url` at odd moments, and takes the time from each press to the end of drawing of the
## first frame with it, and where that time went. `--presses N`. For benchmarks/photon.py.
extends "case.gd"

const FPS := 60
const REST_USEC := 120_000
const PATIENCE_USEC := 3_000_000

var _drawn := 0
var _shown_at := 0
var _applied := 0
var _frame: WorldFrame
var _times: Array[float] = []
var _stages: Array[Dictionary] = []
var _lost := 0

func run() -> void:
	Engine.max_fps = FPS
	client = await join({"codecs": PackedStringArray(["raw_rgb"])})
	var screen := WorldScreen2D.new()
	screen.size = root.size
	root.add_child(screen)
	var overlay := WorldOverlay.new()
	root.add_child(overlay)
	RenderingServer.frame_post_draw.connect(_on_drawn)
	await client.start(1)
	await seconds(1.0)
	var began := Time.get_ticks_usec()
	var before := _drawn
	# From a thread of its own: a hand comes at any moment of the engine's frame, a program in it always at the same.
	var hand := Thread.new()
	hand.start(_press_all.bind(_keys(), int(argument("presses", "60"))))
	await until(func() -> bool: return not hand.is_alive())
	hand.wait_to_finish()
	var took := Time.get_ticks_usec() - began
	var stats := client.read_quality()
	var said := overlay.report()
	var rate: float = client.welcome["rate"]
	screen.queue_free()
	overlay.queue_free()
	finish({"times": _times, "stages": _stages, "lost": _lost, "rate": rate, "frame_ms": took / 1000.0 / maxi(1, _drawn - before),
		"meter_ms": stats.action_to_photon_ms, "meter_p95_ms": stats.action_to_photon_p95_ms, "overlay": said, "missed": stats.missed,
		"frames": stats.frames, "heard": heard.filter(func(one: Array) -> bool: return one[0] == "failed")})


func _press_all(keys: Array[Key], presses: int) -> void:
	var dice := RandomNumberGenerator.new()
	dice.seed = 7
	for number in presses:
		OS.delay_usec(dice.randi_range(50_000, 250_000))
		var due := client._keeper.dialogue.seq + 1
		var at := Time.get_ticks_usec()
		_key(keys[number % keys.size()], true)
		while _applied < due and Time.get_ticks_usec() - at < PATIENCE_USEC:
			OS.delay_usec(1000)
		if _applied >= due:
			_note(at)
		else:
			_lost += 1
		_key(keys[number % keys.size()], false)
		OS.delay_usec(REST_USEC)


## Where the time went, in milliseconds: from the press until it was sent, until its tick began, while that was made
## and encoded, on both ways and until the engine looked, until it was drawn.
func _note(at: int) -> void:
	var made := _frame.total_ms + _frame.encode_ms
	_times.append((_shown_at - at) / 1000.0)
	_stages.append({"hand": (_frame.ts - at) / 1000.0, "wait": _frame.queue_ms, "tick": made,
		"way": (_frame.arrived - _frame.ts) / 1000.0 - _frame.queue_ms - made, "draw": (_shown_at - _frame.arrived) / 1000.0})


func _on_drawn() -> void:
	_drawn += 1
	if client != null and client.shown != null and client.shown.applied > _applied:
		_frame = client.shown
		_shown_at = Time.get_ticks_usec()
		# Last: the other thread waits for it.
		_applied = client.shown.applied


## Keys that the world listens to.
func _keys() -> Array[Key]:
	var found: Array[Key] = []
	for control: Dictionary in client.welcome["controls"]:
		for code: String in control["keys"]:
			for key: Key in [KEY_LEFT, KEY_RIGHT, KEY_UP, KEY_W, KEY_A, KEY_D]:
				var event := InputEventKey.new()
				event.physical_keycode = key
				if preload("res://addons/worldsdk/client/key_codes.gd").of(event) == code and key not in found:
					found.append(key)
	return found


func _key(key: Key, pressed: bool) -> void:
	var event := InputEventKey.new()
	event.physical_keycode = key
	event.pressed = pressed
	Input.parse_input_event(event)
