class_name Walker
extends CharacterBody3D
## The player: walks where the actions say, at once and without inertia.

## Metres a second.
const SPEED := 4.0
## Degrees a tick, fully pressed.
const TURN := 6.0
## As of the worlds that come with worldsdk: 41 of their units.
const EYE := 1.28125

var camera := Camera3D.new()

func _init() -> void:
	var shape := CollisionShape3D.new()
	var round := CylinderShape3D.new()
	round.radius = 0.35
	round.height = 1.6
	shape.shape = round
	shape.position.y = 0.85
	add_child(shape)
	camera.position.y = EYE
	# 90 degrees from left to right in a picture of 4:3.
	camera.keep_aspect = Camera3D.KEEP_WIDTH
	camera.fov = 90.0
	camera.near = 0.05
	add_child(camera)


func _physics_process(_delta: float) -> void:
	rotation_degrees.y -= Input.get_axis(&"turn_left", &"turn_right") * TURN
	var wish := Vector3(Input.get_axis(&"left", &"right"), 0.0, Input.get_axis(&"forward", &"back"))
	velocity = basis * wish.limit_length(1.0) * SPEED
	move_and_slide()
	position.y = 0.0
