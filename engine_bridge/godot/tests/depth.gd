## Godot's own boxes among the walls of a trained world that sends depth (`--url`, Doom's units), as pictures beside
## `--out`: a red box before one dreamt wall and a green one behind another (`boxes`), the same without the world
## (`bare`), and a red plane right through the world at half of what is seen (`plane`).
extends "case.gd"

const TICKS := 12
## Pixels around a spot that must lie on the same wall.
const AROUND := 4
const NEARER := 0.6
const FARTHER := 1.6

var _level := Node3D.new()
var _camera := Camera3D.new()
var _composite := WorldDepthComposite.new()

func run() -> void:
	root.content_scale_mode = Window.CONTENT_SCALE_MODE_DISABLED
	client = await join({"mode": "lockstep", "layers": PackedStringArray(["depth"])})
	await client.start(int(argument("seed", "0")))
	await client.step({"forward": 1.0}, TICKS)
	var pose := WorldPose.new()
	pose.eye_height = 41.0 / 32.0
	pose.pixel_aspect = 1.2
	_composite.pose = pose
	_level.add_child(_camera)
	_level.add_child(_composite)
	root.add_child(_level)
	_camera.make_current()
	# The frame was shown before the node came.
	client.presented.emit(client.shown)

	var width := client.shown.size.x
	var before := _spot(AROUND, width / 2 - AROUND)
	var behind := _spot(width / 2 + AROUND, width - AROUND)
	var red := _box(before, NEARER, Color.RED)
	var green := _box(behind, FARTHER, Color.GREEN)
	await save_screen("boxes")
	_composite.hide()
	await save_screen("bare")
	_composite.show()
	red.free()
	green.free()

	var depths := depths()
	var sorted := depths.duplicate()
	sorted.sort()
	var half: float = sorted[sorted.size() / 2] / pose.units_per_meter
	_level.add_child(_painted(Vector3(0.0, 0.0, -half - 0.05), Vector3(100.0, 100.0, 0.1), Color.RED))
	await save_screen("plane")
	finish({"tick": client.tick, "digest": client.shown.digest, "before": [before.x, before.y], "behind": [behind.x, behind.y], "plane": half * pose.units_per_meter,
		"depths": depths, "heard": heard.filter(func(one: Array) -> bool: return one[0] == "failed")})


## Column, row and depth where the picture is one even wall, between two columns and at about the height of the eye.
func _spot(left: int, right: int) -> Vector3:
	var best := Vector3.ZERO
	var least := INF
	var middle := client.shown.size.y / 2
	for row in range(middle - 2, middle + 3):
		for column in range(left, right):
			var low := INF
			var high := 0.0
			for y in range(row - AROUND, row + AROUND + 1):
				for x in range(column - AROUND, column + AROUND + 1):
					var depth := client.shown.layer_value("depth", x, y)
					low = minf(low, depth)
					high = maxf(high, depth)
			if high / low < least:
				least = high / low
				best = Vector3(column, row, client.shown.layer_value("depth", column, row))
	return best


## A box in the line of sight of a spot, at `part` of the way to the wall there.
func _box(spot: Vector3, part: float, color: Color) -> MeshInstance3D:
	var size := client.shown.size
	var half := _composite.pose.half_extent(size)
	var away := spot.z / _composite.pose.units_per_meter * part
	var across := ((spot.x + 0.5) / size.x * 2.0 - 1.0) * half.x
	var up := (1.0 - (spot.y + 0.5) / size.y * 2.0) * half.y
	var node := _painted(Vector3(across, up, -1.0) * away, Vector3(0.16, 0.16, 0.04) * away, color)
	_level.add_child(node)
	return node


## Seen from the camera: `place` is in its own coordinates.
func _painted(place: Vector3, extent: Vector3, color: Color) -> MeshInstance3D:
	var mesh := BoxMesh.new()
	mesh.size = extent
	var material := StandardMaterial3D.new()
	material.shading_mode = BaseMaterial3D.SHADING_MODE_UNSHADED
	material.albedo_color = color
	mesh.material = material
	var node := MeshInstance3D.new()
	node.mesh = mesh
	node.transform = _camera.global_transform * Transform3D(Basis.IDENTITY, place)
	return node
