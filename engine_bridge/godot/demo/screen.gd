extends Node3D
## A television that dreams. The keys go to the world; the camera drifts by itself.

const Demo := preload("demo.gd")

@onready var _client: WorldClient = $WorldClient
@onready var _camera: Camera3D = $Camera3D

var _time := 0.0

func _ready() -> void:
	_client.connect_to_world(Demo.url)


func _process(delta: float) -> void:
	_time += delta
	_camera.position = Vector3(0.5 * sin(_time * 0.4), 1.55, 1.9 + 0.15 * cos(_time * 0.3))
	_camera.look_at(Vector3(0.0, 1.45, -3.0))


func _unhandled_input(event: InputEvent) -> void:
	Demo.back_to_menu(event, get_tree())
