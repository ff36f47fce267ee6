## Plays by the server's clock for `--seconds`: half without a hand on the keys, half with a key of the world's first
## control held, as the window would report it. Then asks for what cannot be, and leaves.
extends "case.gd"

func run() -> void:
	client = await join({"layers": PackedStringArray(["*"])})
	var half := float(argument("seconds", "4")) / 2.0
	await client.start(5)
	var ticks := PackedInt64Array()
	client.frame.connect(func(frame: WorldFrame) -> void: ticks.append(frame.tick))
	await seconds(half)
	await until(func() -> bool: return ticks.size() > 4, 60.0)
	var resting := client.latest.applied
	var control: Dictionary = client.welcome["controls"][int(argument("control", "0"))]
	var before := client.shown.state.duplicate()
	_key(true)
	await seconds(half)
	# A busy machine may not have got far by then.
	await until(func() -> bool: return client.shown.applied > resting, 60.0)
	var at := client.shown.tick
	await until(func() -> bool: return client.shown.tick >= at + 6, 60.0)
	var after := client.shown.state.duplicate()
	_key(false)
	await until(func() -> bool: return client.latest.applied >= 2, 20.0)
	var quality := client.read_quality()
	# Shorter than a frame, and yet it must count: press and release reach the window together.
	var applied := client.latest.applied
	_key(true)
	_key(false)
	var counted := await until(func() -> bool: return client.latest.applied >= applied + 2, 20.0)
	var replies := {}
	for name: String in ["anchor", "prompt", "state"]:
		var reply := await client.command(name, {"text": "x"})
		replies[name] = reply.code
	var picture := client.texture.get_size()
	client.set_control("no such control", 1.0)
	var unused := _stray_key()
	var age := client.age_ms
	client.disconnect_from_world("enough")
	await until(func() -> bool: return heard.any(func(one: Array) -> bool: return one[0] == "disconnected"), 20.0)
	finish({"frames": ticks.size(), "rising": _rises(ticks), "resting": resting, "tapped": counted, "control": control["name"],
		"before": before, "after": after, "rate": quality.rate, "photon_ms": quality.action_to_photon_ms, "photon_p95_ms": quality.action_to_photon_p95_ms,
		"rtt_ms": quality.rtt_ms, "age_ms": age, "size": [picture.x, picture.y], "replies": replies,
		"stray": unused, "heard": heard, "world": client.welcome["world"]["name"]})


func _key(pressed: bool) -> void:
	var event := InputEventKey.new()
	event.physical_keycode = KEY_UP
	event.pressed = pressed
	Input.parse_input_event(event)
	Input.flush_buffered_events()


## A key that no control of the world names is nobody's business: it must not be noted.
func _stray_key() -> bool:
	var event := InputEventKey.new()
	event.physical_keycode = KEY_F9
	event.pressed = true
	return client._bindings.take(event)


func _rises(ticks: PackedInt64Array) -> bool:
	for place in range(1, ticks.size()):
		if ticks[place] <= ticks[place - 1]:
			return false
	return true
