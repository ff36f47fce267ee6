## What the demo scenes share: the server's address, and going back to the menu.
extends RefCounted

## Set in the menu, or by `-- --url ADDRESS` on the command line.
static var url := _from_command_line()

static func _from_command_line() -> String:
	var arguments := OS.get_cmdline_user_args()
	var at := arguments.find("--url")
	return arguments[at + 1] if at >= 0 and at + 1 < arguments.size() else "ws://localhost:8765/play"


## Escape goes back to the menu; the first press lets a captured mouse go.
static func back_to_menu(event: InputEvent, tree: SceneTree) -> void:
	if not event.is_action_pressed(&"ui_cancel"):
		return
	if Input.mouse_mode == Input.MOUSE_MODE_CAPTURED:
		Input.mouse_mode = Input.MOUSE_MODE_VISIBLE
	else:
		tree.change_scene_to_file("res://demo/menu.tscn")
