extends Node3D
## Three gems of Godot's stand in a world that a model draws: they stay where they are while the player walks.

const Demo := preload("demo.gd")

@onready var _client: WorldClient = $WorldClient
@onready var _background: WorldBackground = $WorldBackground
@onready var _gems: Node3D = $Gems

var _placed := false

func _ready() -> void:
	_client.presented.connect(_on_presented)
	_client.connect_to_world(Demo.url)


func _process(delta: float) -> void:
	for gem: Node3D in _gems.get_children():
		gem.rotate_y(2.0 * delta)


func _unhandled_input(event: InputEvent) -> void:
	Demo.back_to_menu(event, get_tree())


func _on_presented(frame: WorldFrame) -> void:
	if _placed:
		return
	_placed = true
	var eye := _background.pose.camera_transform(frame.state)
	for place in _gems.get_child_count():
		var gem := _gems.get_child(place) as Node3D
		gem.global_position = eye * Vector3(1.1 * (place - 1), -0.5, -3.0 - 0.5 * place)
