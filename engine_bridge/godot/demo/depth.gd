extends Node3D
## A ball of Godot's that rolls to and fro between near and far: the walls of the world hide it where they should.
## Needs a world that sends a depth layer, and says so where there is none.

const Demo := preload("demo.gd")

@onready var _client: WorldClient = $WorldClient
@onready var _composite: WorldDepthComposite = $WorldDepthComposite
@onready var _ball: MeshInstance3D = $Ball
@onready var _note: Label = $Hud/Note

var _time := 0.0
var _eye := Transform3D.IDENTITY
var _placed := false

func _ready() -> void:
	_note.hide()
	_composite.missing_layer.connect(_on_missing_layer)
	_client.presented.connect(_on_presented)
	_client.connect_to_world(Demo.url)


func _process(delta: float) -> void:
	_time += delta
	_ball.global_position = _eye * Vector3(sin(_time * 0.7) * 1.5, -0.6, -5.0 + 3.5 * cos(_time * 0.5))


func _unhandled_input(event: InputEvent) -> void:
	Demo.back_to_menu(event, get_tree())


func _on_presented(frame: WorldFrame) -> void:
	if not _placed:
		_placed = true
		_eye = _composite.pose.camera_transform(frame.state)


func _on_missing_layer(layer: String) -> void:
	_note.text = "%s sends no layer %s: its picture is a backdrop here, and hides nothing." % [_client.welcome["world"]["title"], layer]
	_note.show()
