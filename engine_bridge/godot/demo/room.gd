class_name DemoRoom
extends Node3D
## A plain room with a doorway in its far wall, made of boxes.

@export var size := Vector3(9.0, 3.2, 8.0)
@export var door := Vector2(1.8, 2.4)
@export var walls := Color(0.62, 0.58, 0.55)
@export var floor_color := Color(0.33, 0.27, 0.24)
@export var has_door := false

func _ready() -> void:
	var half := size / 2.0
	_box(Vector3(0.0, -0.1, 0.0), Vector3(size.x, 0.2, size.z), floor_color)
	_box(Vector3(0.0, size.y + 0.1, 0.0), Vector3(size.x, 0.2, size.z), walls.darkened(0.35))
	_box(Vector3(-half.x - 0.1, half.y, 0.0), Vector3(0.2, size.y, size.z), walls)
	_box(Vector3(half.x + 0.1, half.y, 0.0), Vector3(0.2, size.y, size.z), walls)
	_box(Vector3(0.0, half.y, half.z + 0.1), Vector3(size.x, size.y, 0.2), walls.darkened(0.1))
	if not has_door:
		_box(Vector3(0.0, half.y, -half.z - 0.1), Vector3(size.x, size.y, 0.2), walls.lightened(0.1))
		return
	var side := (size.x - door.x) / 2.0
	for sign_: float in [-1.0, 1.0]:
		_box(Vector3(sign_ * (door.x + side) / 2.0, half.y, -half.z - 0.1), Vector3(side, size.y, 0.2), walls.lightened(0.1))
		_box(Vector3(sign_ * (door.x / 2.0 + 0.03), door.y / 2.0, -half.z), Vector3(0.12, door.y, 0.3), Color(0.36, 0.22, 0.12))
	_box(Vector3(0.0, (size.y + door.y) / 2.0, -half.z - 0.1), Vector3(door.x, size.y - door.y, 0.2), walls.lightened(0.1))
	_box(Vector3(0.0, door.y + 0.03, -half.z), Vector3(door.x + 0.24, 0.12, 0.3), Color(0.36, 0.22, 0.12))


func _box(place: Vector3, extent: Vector3, color: Color) -> void:
	var box := BoxMesh.new()
	box.size = extent
	var material := StandardMaterial3D.new()
	material.albedo_color = color
	material.roughness = 0.9
	box.material = material
	var node := MeshInstance3D.new()
	node.mesh = box
	node.position = place
	add_child(node)
