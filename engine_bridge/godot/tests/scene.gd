## Shows a demo scene (`--scene NAME`) against `--url`, and saves what is drawn as `--out`-N.png: after `--seconds`
## without a hand on the keys, and once a key that is then held has been in the picture for `--ticks`.
extends "case.gd"

func run() -> void:
	var scene := (load("res://demo/%s.tscn" % argument("scene")) as PackedScene).instantiate()
	root.add_child(scene)
	current_scene = scene
	var ours := scene.get_node("WorldClient") as WorldClient
	ours.failed.connect(func(code: String, message: String) -> void: heard.append([code, message]))
	var playing := await until(func() -> bool: return ours.shown != null, 40.0)
	var wait := float(argument("seconds", "1.5"))
	await ours.start(4)
	await seconds(wait)
	await until(func() -> bool: return ours.shown.tick > 2, 60.0)
	await _save(1)
	var first := ours.state
	var applied := ours.latest.applied
	_key(true)
	# By what came, not by the clock: a busy machine takes its time.
	var heard_key := await until(func() -> bool: return ours.shown.applied > applied, 60.0)
	var at := ours.shown.tick
	var moved := await until(func() -> bool: return ours.shown.tick >= at + int(argument("ticks", "20")), 60.0)
	await _save(2)
	var second := ours.state
	_key(false)
	var quality := ours.read_quality()
	var notes := ""
	if scene.has_node("Hud/Note"):
		notes = (scene.get_node("Hud/Note") as Label).text
	var report := (scene.get_node("Hud/WorldOverlay") as WorldOverlay).report()
	scene.queue_free()
	await process_frame
	finish({"playing": playing, "held": heard_key, "moved": moved, "frames": quality.frames,
		 "first": first, "second": second, "heard": heard, "note": notes, "overlay": report,
		"rate": quality.rate, "photon_ms": quality.action_to_photon_ms, "photon_p95_ms": quality.action_to_photon_p95_ms,
		"fps": Engine.get_frames_per_second()})


func _key(pressed: bool) -> void:
	var event := InputEventKey.new()
	event.physical_keycode = KEY_RIGHT
	event.pressed = pressed
	Input.parse_input_event(event)


func _save(number: int) -> void:
	await RenderingServer.frame_post_draw
	root.get_texture().get_image().save_png("%s-%d.png" % [argument("out"), number])
