class_name DemoWalker
extends Camera3D
## A camera that walks: W, A, S, D and the arrow keys, and the mouse once it is clicked into the window.

@export var speed := 3.0
@export var turn_speed := 2.0
## Half the room that may be walked in, around the parent's origin.
@export var reach := Vector2(4.1, 3.6)
## Half the width of an opening in the far wall that may be walked through; 0 for none.
@export var opening := 0.0
@export var active := true

func _process(delta: float) -> void:
	if not active:
		return
	rotation.y += _axis(KEY_RIGHT, KEY_LEFT) * turn_speed * delta
	var wish := Vector3(_axis(KEY_A, KEY_D), 0.0, maxf(-1.0, minf(1.0, _axis(KEY_W, KEY_S) + _axis(KEY_UP, KEY_DOWN))))
	position += (Basis(Vector3.UP, rotation.y) * wish).limit_length(1.0) * speed * delta
	var through := absf(position.x) < opening
	position.x = clampf(position.x, -reach.x, reach.x)
	position.z = clampf(position.z, -reach.y - (1.5 if through else 0.0), reach.y)


func _unhandled_input(event: InputEvent) -> void:
	if event is InputEventMouseButton and (event as InputEventMouseButton).pressed:
		Input.mouse_mode = Input.MOUSE_MODE_CAPTURED
	elif active and event is InputEventMouseMotion and Input.mouse_mode == Input.MOUSE_MODE_CAPTURED:
		rotation.y -= (event as InputEventMouseMotion).relative.x * 0.003


func _axis(low: Key, high: Key) -> float:
	return float(Input.is_physical_key_pressed(high)) - float(Input.is_physical_key_pressed(low))
