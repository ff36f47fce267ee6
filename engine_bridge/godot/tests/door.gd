## Walks through the door of the demo scene into the world, goes on there, and rewinds out. Pictures beside `--out`.
extends "case.gd"

func run() -> void:
	# Coarse: drawing is the slow part without a GPU, and time in the level goes by the clock.
	var door := (load("res://demo/door.tscn") as PackedScene).instantiate()
	root.add_child(door)
	current_scene = door
	var world: WorldClient = door.client
	world.failed.connect(func(code: String, message: String) -> void: heard.append([code, message]))
	var ready := await until(func() -> bool: return world.playing and world.paused and world.shown != null)
	door.walker.position.z = -door.walker.reach.y + 0.6
	await _save("before")
	var outside: float = door.walker.position.z
	_key(KEY_W, true)
	var through := await until(func() -> bool: return door.inside)
	var entered: int = door.entered_at
	await until(func() -> bool: return not door._busy and world.latest.tick > entered + 12)
	_key(KEY_W, false)
	await _save("inside")
	var deepest: int = world.latest.tick
	var state_inside: Dictionary = world.state
	_key(KEY_R, true)
	_key(KEY_R, false)
	var out := await until(func() -> bool: return not door.inside and not door._busy)
	var back: int = world.latest.tick
	door.walker.position.z = outside
	await _save("after")
	door.seen.save_png(argument("out") + "-seen.png")
	finish({"ready": ready, "through": through, "entered": entered, "deepest": deepest, "out": out, "back": back,
		"walking": door.walker.active, "paused": world.paused, "state": state_inside, "heard": heard})


func _key(key: Key, pressed: bool) -> void:
	var event := InputEventKey.new()
	event.physical_keycode = key
	event.pressed = pressed
	Input.parse_input_event(event)


func _save(name: String) -> void:
	for _frame in 2:
		await process_frame
	await RenderingServer.frame_post_draw
	root.get_texture().get_image().save_png("%s-%s.png" % [argument("out"), name])
