## Presses keys of the world at `--url` at odd moments, and takes the time from each press to the end of drawing of the
## first frame with it. `--presses N`. For benchmarks/photon.py.
extends "case.gd"

const FPS := 60
const REST_MS := 120

var _drawn := 0
var _shown_at := 0
var _applied := 0

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
	var keys := _keys()
	var times: Array[float] = []
	var lost := 0
	var dice := RandomNumberGenerator.new()
	dice.seed = 7
	var began := Time.get_ticks_usec()
	var before := _drawn
	for number in int(argument("presses", "60")):
		# Between frames, as a hand comes: the pause is no multiple of anything.
		await seconds(dice.randf_range(0.05, 0.25))
		OS.delay_usec(dice.randi_range(0, 12_000))
		var at := Time.get_ticks_usec()
		var due: int = client._keeper.dialogue.seq + 1
		_key(keys[number % keys.size()], true)
		if await until(func() -> bool: return _applied >= due, 3.0):
			times.append((_shown_at - at) / 1000.0)
		else:
			lost += 1
		_key(keys[number % keys.size()], false)
		await seconds(REST_MS / 1000.0)
	var took := Time.get_ticks_usec() - began
	var stats := client.read_quality()
	var said := overlay.report()
	var rate: float = client.welcome["rate"]
	screen.queue_free()
	overlay.queue_free()
	finish({"times": times, "lost": lost, "rate": rate, "frame_ms": took / 1000.0 / maxi(1, _drawn - before),
		"meter_ms": stats.action_to_photon_ms, "meter_p95_ms": stats.action_to_photon_p95_ms, "overlay": said, "missed": stats.missed,
		"frames": stats.frames, "heard": heard.filter(func(one: Array) -> bool: return one[0] == "failed")})


func _on_drawn() -> void:
	_drawn += 1
	if client != null and client.shown != null and client.shown.applied > _applied:
		_applied = client.shown.applied
		_shown_at = Time.get_ticks_usec()


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
