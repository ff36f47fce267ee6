extends Control
## The game and the world that was made of it, side by side, steered by the same keys: left is drawn by Godot, right by
## the model. T puts Godot's player where the world's is.
##
##     worldsdk serve runs/yard/pack
##     godot --path demos/godot-game res://game/twin.tscn -- --url localhost:8765

const HINT := "W A S D and arrows   T: together again   F3: numbers"

@onready var client: WorldClient = $WorldClient
@onready var walker: Walker = $Halves/Left/Game/Stage/Walker
@onready var _note: Label = $Note

## How the world's coordinates translate: those of [method WorldRecorder.add_pose].
var pose := WorldPose.new()
var _together := false

func _ready() -> void:
	client.failed.connect(func(_code: String, message: String) -> void: _note.text = message)
	client.connected.connect(func(_welcome: Dictionary) -> void: _together = false)
	client.presented.connect(_on_presented)
	var arguments := OS.get_cmdline_user_args()
	var at := arguments.find("--url")
	client.connect_to_world(arguments[at + 1] if at >= 0 and at + 1 < arguments.size() else "")


func _unhandled_key_input(event: InputEvent) -> void:
	var key := event as InputEventKey
	if key.pressed and not key.echo and key.physical_keycode == KEY_T:
		_together = false


func _on_presented(frame: WorldFrame) -> void:
	if _together or not frame.state.has("heading"):
		return
	_together = true
	_note.text = HINT
	var there := pose.camera_transform(frame.state)
	walker.position = Vector3(there.origin.x, 0.0, there.origin.z)
	walker.rotation.y = there.basis.get_euler().y
