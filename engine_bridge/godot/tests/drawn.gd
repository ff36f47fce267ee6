## What nodes draw, as pictures beside `--out`: a frame on a WorldScreen2D; a red wall of Godot's at `--wall` metres
## among the depths of a world; and the world behind a cube, with the camera where the pose says.
extends "case.gd"


func run() -> void:
	root.content_scale_mode = Window.CONTENT_SCALE_MODE_DISABLED
	client = await join({"mode": "lockstep", "layers": PackedStringArray(["depth"])})
	await client.start(int(argument("seed", "0")))
	await client.step({client.welcome["controls"][0]["name"]: 1.0})
	await _screen()
	var tick := client.tick
	await _depth()
	var camera := await _background()
	finish({"tick": tick, "size": [root.size.x, root.size.y], "depths": depths(), "digest": client.shown.digest,
		"camera": [camera.origin.x, camera.origin.z, -camera.basis.z.x, -camera.basis.z.z], "state": client.state, "heard": heard})


func _screen() -> void:
	var screen := WorldScreen2D.new()
	screen.texture_filter = CanvasItem.TEXTURE_FILTER_NEAREST
	screen.size = root.size
	root.add_child(screen)
	client.shown.image().save_png(argument("out") + "-frame.png")
	await save_screen("screen")
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
	await save_screen("depth")
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
	await save_screen("background")
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
