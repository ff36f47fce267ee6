extends Control
## Chooses a server and a scene.

const Demo := preload("demo.gd")
const SCENES := {
	"A screen in a level": "res://demo/screen.tscn",
	"A world behind Godot's 3D": "res://demo/background.tscn",
	"Godot's objects among the world's walls": "res://demo/depth.tscn",
	"A door into a world": "res://demo/door.tscn",
}

@onready var _address: LineEdit = %Address
@onready var _scenes: VBoxContainer = %Scenes

func _ready() -> void:
	_address.text = Demo.url
	_address.text_changed.connect(func(text: String) -> void: Demo.url = text)
	for title: String in SCENES:
		var button := Button.new()
		button.text = title
		button.pressed.connect(get_tree().change_scene_to_file.bind(SCENES[title]))
		_scenes.add_child(button)
	(_scenes.get_child(0) as Button).grab_focus()
