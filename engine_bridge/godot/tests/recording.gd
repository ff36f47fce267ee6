## The recorder without pictures: what it refuses before it connects, and its connection with rows of its own, to the
## receiver at `--url`. Prints what was heard.
extends "case.gd"

const RecordLink := preload("res://addons/worldsdk/record/record_link.gd")
const CONTROL := {"name": "jump", "kind": "button", "low": 0.0, "high": 1.0, "values": null, "unit": "", "keys": {},
	"pad": {}, "mouse": null, "help": ""}

func run() -> void:
	var refusals := _refusals()
	var good := await _record(40, 0.5)
	var bad := await _record(3, 7.0)
	finish({"refusals": refusals, "good": good, "bad": bad, "controls": _controls()})


func _refusals() -> Array:
	var told := []
	for wrong: Callable in [
		func(_recorder: WorldRecorder) -> void: pass,
		func(recorder: WorldRecorder) -> void: recorder.buttons = PackedStringArray(["no_such_action"]),
		func(recorder: WorldRecorder) -> void: recorder.add_control("turn", func() -> float: return 0.0, 1.0, 2.0),
		func(recorder: WorldRecorder) -> void: recorder.add_button("ui_accept"),
	]:
		var recorder := WorldRecorder.new()
		recorder.failed.connect(func(code: String, message: String) -> void: told.append([code, message]))
		wrong.call(recorder)
		root.add_child(recorder)
		recorder.start()
		recorder.free()
	return told


func _record(count: int, value: float) -> Dictionary:
	var link := RecordLink.new()
	var heard_ := []
	link.ready.connect(func(frames: int) -> void: heard_.append(["ready", frames]))
	link.over.connect(func(code: String, message: String, frames: int, episodes: int) -> void: heard_.append(["over", code, message, frames, episodes]))
	link.open(argument("url"), {"t": "begin", "v": [0, 0], "game": "test", "size": [16, 8], "rate": 30.0, "controls": [CONTROL],
		"variables": [{"name": "x", "low": 0.0, "high": 1.0}], "layers": []})
	var pixels := PackedByteArray()
	pixels.resize(16 * 8 * 3)
	var sent := 0
	while not heard_.any(func(one: Array) -> bool: return one[0] == "over"):
		link.process()
		while sent < count and link.has_room():
			pixels.fill(sent)
			link.send_row({"t": "row", "seq": 0, "episode": sent / 20, "pixels": pixels, "controls": {"jump": 1.0}, "variables": {"x": value}})
			sent += 1
		if sent == count:
			link.finish()
		await process_frame
	return {"heard": heard_, "sent": sent, "written": link.written}


## Bindings of actions as the wire has them.
func _controls() -> Array:
	var all := preload("res://addons/worldsdk/record/record_controls.gd").new()
	InputMap.add_action("go")
	var key := InputEventKey.new()
	key.physical_keycode = KEY_W
	InputMap.action_add_event("go", key)
	InputMap.add_action("back")
	var stick := InputEventJoypadMotion.new()
	stick.axis = JOY_AXIS_LEFT_Y
	stick.axis_value = 1.0
	InputMap.action_add_event("back", stick)
	all.add_axis("walk", "back", "go", 2.0, "m/s", "")
	# A tap that is over before the row is counted all the same; of motions the sum counts.
	Input.action_press("go", 0.5)
	all.add_control("look", func() -> float: return 3.0, -10.0, 10.0, "degrees", true, "")
	all.sample()
	Input.action_release("go")
	all.sample()
	var first := all.drain()
	all.sample()
	var report := [all.described, first, all.drain()]
	all.clear()
	return report
