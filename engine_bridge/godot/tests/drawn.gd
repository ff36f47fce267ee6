## What nodes draw, as pictures beside `--out`: a frame on a WorldScreen2D; a red wall of Godot's at `--wall` metres
## among the depths of a world; and the world behind a cube, with the camera where the pose says.
extends "case.gd"

var _out := ""

func run() -> void:
	_out = argument("out")
	root.content_scale_mode = Window.CONTENT_SCALE_MODE_DISABLED
	client = await join({"mode": "lockstep", "layers": PackedStringArray(["depth"])})
	await client.start(int(argument("seed", "0")))
	await client.step({client.welcome["controls"][0]["name"]: 1.0})
	await _screen()
	var tick := client.tick
	await _depth()
	var camera := await _background()
	finish({"tick": tick, "size": [root.size.x, root.size.y], "depths": _depths(), "digest": client.shown.digest,
		"camera": [camera.origin.x, camera.origin.z, -camera.basis.z.x, -camera.basis.z.z], "state": client.state, "heard": heard})


func _screen() -> void:
	var screen := WorldScreen2D.new()
	screen.texture_filter = CanvasItem.TEXTURE_FILTER_NEAREST
	screen.size = root.size
	root.add_child(screen)
	client.shown.image().save_png(_out + "-frame.png")
	await _save("screen")
	screen.queue_free()


func _depth() -> void:
	var level := Node3D.new()
	var camera := Camera3D.new()
	level.add_child(camera)
	var composite := WorldDepthComposite.new()
	composite.layer_units_per_meter = float(argument("units"))
	level.add_child(composite)
	level.add_child(_box(Vector3(0.0, 0.0, -float(argument("wall")) - 0.5), Vector3(100.0, 100.0, 1.0)))
	root.add_child(level)
	camera.make_current()
	# The frame was shown before the node came.
	client.presented.emit(client.shown)
	await _save("depth")
	level.queue_free()


func _background() -> Transform3D:
	var level := Node3D.new()
	var camera := Camera3D.new()
	level.add_child(camera)
	var background := WorldBackground.new()
	background.pose = WorldPose.new()
	background.pose.units_per_meter = 1.0
	background.camera = camera
	level.add_child(background)
	root.add_child(level)
	camera.make_current()
	client.presented.emit(client.shown)
	# Straight ahead of where the world's own camera stands.
	level.add_child(_box(background.pose.camera_transform(client.state) * Vector3(0.0, 0.0, -4.0), Vector3.ONE * 0.6))
	await _save("background")
	var where := camera.global_transform
	level.queue_free()
	return where


func _box(place: Vector3, extent: Vector3) -> MeshInstance3D:
	var mesh := BoxMesh.new()
	mesh.size = extent
	var material := StandardMaterial3D.new()
	material.shading_mode = BaseMaterial3D.SHADING_MODE_UNSHADED
	material.albedo_color = Color.RED
	mesh.material = material
	var node := MeshInstance3D.new()
	node.mesh = mesh
	node.position = place
	return node


func _depths() -> Array[float]:
	var all: Array[float] = []
	for y in client.shown.size.y:
		for x in client.shown.size.x:
			all.append(client.shown.layer_value("depth", x, y))
	return all


func _save(name: String) -> void:
	for _frame in 3:
		await process_frame
	await RenderingServer.frame_post_draw
	root.get_texture().get_image().save_png("%s-%s.png" % [_out, name])
