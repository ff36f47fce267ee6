@icon("../icons/world_recorder.svg")
class_name WorldRecorder
extends Node
## Streams this game, as it is played, into a worldsdk dataset: each picture, the controls that led to it and, if they
## are told, the state behind it. `worldsdk train` makes a world of it (docs/your-game.md).
##
## Start a receiver (`worldsdk record --listen --out datasets/my-game`), put this node into the game's scene, name the
## actions that steer it, and play:
## [codeblock]
## func _ready() -> void:
##     $WorldRecorder.add_axis("turn", "turn_left", "turn_right", 6.0, "degrees/tick")
##     $WorldRecorder.add_variable("health", func() -> float: return player.health, 0.0, 100.0)
##     $WorldRecorder.start()
## [/codeblock]
## A row is recorded each [member every_ticks] physics ticks, with the picture drawn after the last of them. So that
## each tick has its picture, a game that is recorded goes slower where it cannot be drawn fast enough; with the
## command line's [code]--fixed-fps[/code] it goes as fast as it can be drawn.

const Address := preload("../client/address.gd")
const RecordLink := preload("../record/record_link.gd")
const RecordControls := preload("../record/record_controls.gd")
const RecordState := preload("../record/record_state.gd")
## How long a game may be held up by its receiver before a row is left out.
const PATIENCE_MS := 10_000
const LEAVE_MS := 5_000

## The receiver takes rows; the dataset has [param frames] already.
signal started(frames: int)
## A row was sent.
signal recorded(row: int)
## Everything is written. [param reason] is empty where [method stop] asked for it.
signal stopped(frames: int, episodes: int, reason: String)
## Recording cannot begin or go on. [param message] says what to do.
signal failed(code: String, message: String)

## Address of the receiver.
@export var url := "ws://localhost:8766/record"
## What the game is called in the dataset; by default the project's name.
@export var game := ""
## Terms of what the pictures show, an SPDX expression or a sentence: they go with the dataset.
@export var licence := ""
## Whether to begin with the scene. Controls and variables must then be added before this node is ready.
@export var auto_start := false
## Actions of the InputMap that are buttons, under their own names. Axes are added by [method add_axis].
@export var buttons := PackedStringArray()
@export_group("Picture")
## What is recorded; by default the viewport that this node is in. A HUD does not belong into it.
@export var viewport: SubViewport
## Pixels of the recorded picture. Give the viewport the same proportions, or it is stretched.
@export var size := Vector2i(64, 48)
## The depth layer, if there is to be one; its [member SubViewport.size] becomes [member size].
@export var depth: WorldDepthEye
@export_group("Time")
## Physics ticks of a row: with 60 a second and 2 the dataset has 30 rows a second.
@export_range(1, 60) var every_ticks := 1
## Whether the game waits for its receiver, and goes slower where it cannot be drawn in time. Else ticks are left out
## and counted, and each gap begins a new episode.
@export var keep_every_tick := true

## Rows sent since [method start].
var rows := 0
## Ticks that were left out since then.
var dropped := 0
## Rows of the dataset that are on the disk.
var written: int:
	get: return _link.written
## Whether rows are recorded now.
var recording: bool:
	get: return _link.state == RecordLink.State.RECORDING

var _link := RecordLink.new()
var _controls := RecordControls.new()
var _state := RecordState.new()
var _episode := 0
var _seed := 0
var _ticks := 0
var _fresh := true
var _missed := 0
var _reward := 0.0
var _ended := false
var _settings := {}
var _steps_before := 8

func _init() -> void:
	# After the game has moved. The receiver is answered while a pause menu is open, too.
	process_physics_priority = 1000
	process_mode = Node.PROCESS_MODE_ALWAYS
	_link.ready.connect(_on_ready)
	_link.over.connect(_on_over)
	_link.lost.connect(_on_lost)


func _ready() -> void:
	if auto_start and not Engine.is_editor_hint():
		start()


## A button, pressed by an action of the InputMap.
func add_button(name_: String, action: StringName = &"", help: String = "") -> void:
	_controls.add_button(name_, action if not action.is_empty() else StringName(name_), help)


## An axis between two actions of the InputMap; [param most] is its value where one is fully pressed, in [param unit].
func add_axis(name_: String, negative: StringName, positive: StringName, most: float = 1.0, unit: String = "", help: String = "") -> void:
	_controls.add_axis(name_, negative, positive, most, unit, help)


## A control that the game tells itself, read once a tick. [param sum]: within a row the values are added up.
func add_control(name_: String, read: Callable, low: float, high: float, unit: String = "", sum: bool = false, help: String = "") -> void:
	_controls.add_control(name_, read, low, high, unit, sum, help)


## A number of the game's state, read with each picture; it must stay between [param low] and [param high].
## [param period]: where it wraps, as 360 for an angle; 0: nowhere.
func add_variable(name_: String, read: Callable, low: float, high: float, unit: String = "", period: float = 0.0) -> void:
	_state.add_variable(name_, read, low, high, unit, period)


## Where a walker's camera is: x, y, heading and how far it moved within a row (vx, vy), as the `anchored` family
## wants them first. [param ground] is the part of the level's x and z that can be walked on, in metres; the camera
## looks level. 32 units in a metre are what the family's settings are made for, and a [WorldPose]'s default.
func add_pose(camera: Node3D, ground: Rect2, units_per_meter: float = 32.0) -> void:
	_state.add_pose(camera, ground, units_per_meter)


## A tensor beside the picture. [param read] returns its bytes, little-endian; [param dtype] is uint8, float16 or
## float32, [param shape] that of one row's entry.
func add_layer(name_: String, read: Callable, dtype: String, shape: PackedInt32Array, low: float, high: float, unit: String = "", help: String = "") -> void:
	_state.add_layer(name_, read, dtype, Array(shape), low, high, unit, help)


## Begins to record. [param options]: [code]token[/code] (of receivers on other machines; never saved in a scene),
## [code]tls[/code] ([TLSOptions]) and [code]settings[/code] (of the game, written into the dataset). Returns false,
## after [signal failed], where it cannot.
func start(options: Dictionary = {}) -> bool:
	if _link.state != RecordLink.State.IDLE:
		return _refuse("record_invalid", "It records already: stop() first.")
	for action in buttons:
		if not _controls.described.any(func(one: Dictionary) -> bool: return one["name"] == action):
			_controls.add_button(action, StringName(action), "")
	if not _controls.wrong.is_empty():
		return _refuse("control_spec_invalid", _controls.wrong)
	if _controls.described.is_empty():
		return _refuse("control_spec_invalid", "Nothing steers this game: name its actions in `buttons`, or use add_axis().")
	if DisplayServer.get_name() == "headless":
		return _refuse("record_invalid", "Nothing is drawn with --headless: run it in a window, or with xvfb-run.")
	var where := Address.complete(url)
	if where.has("error"):
		return _refuse("connection_failed", where["error"])
	if depth != null:
		depth.size = size
	_steps_before = Engine.max_physics_steps_per_frame
	if keep_every_tick:
		Engine.max_physics_steps_per_frame = 1
	rows = 0
	dropped = 0
	_settings = options.get("settings", {})
	_link.tls = options.get("tls")
	_link.open(_path(where["url"]), _begin(str(options.get("token", ""))))
	return true


## Ends the recording; [signal stopped] says when everything is written.
func stop() -> void:
	_link.finish()


## What comes next does not follow from what came last: a new level, a respawn. [param seed_value] is the game's own.
func new_episode(seed_value: int = 0) -> void:
	_cut()
	_seed = seed_value


## Adds to the reward of the tick that is being played.
func add_reward(reward: float) -> void:
	_reward += reward


## The game ends with the tick that is being played: death, goal. The next one begins a new episode.
func end_episode() -> void:
	_ended = true


## One line for a HUD.
func status() -> String:
	match _link.state:
		RecordLink.State.IDLE: return "not recording"
		RecordLink.State.RECORDING: return "recording %d rows, %d on the disk, %d dropped" % [rows, written, dropped]
		RecordLink.State.ENDING: return "writing ..."
		RecordLink.State.WAITING: return "the receiver is gone; %d dropped" % dropped
	return "looking for a receiver ..."


func _process(_delta: float) -> void:
	_link.process()


func _physics_process(_delta: float) -> void:
	if get_tree().paused:
		return
	if _link.state == RecordLink.State.RECORDING or _link.state == RecordLink.State.WAITING:
		_controls.sample()
		_ticks += 1


func _exit_tree() -> void:
	if _link.state != RecordLink.State.IDLE:
		_link.leave(LEAVE_MS)


func _notification(what: int) -> void:
	if what == NOTIFICATION_PREDELETE:
		_controls.clear()
		_state.clear()


func _on_drawn() -> void:
	# An episode's first row needs one tick: the one that set the scene.
	if not is_inside_tree() or _ticks < (1 if _fresh else every_ticks):
		return
	if not recording:
		# While the receiver is away, ticks pass that nobody keeps.
		dropped += _ticks / every_ticks
		_ticks = 0
		return
	# More ticks than one row's lie before this picture: what came between was never drawn.
	_missed += (_ticks - 1) / every_ticks if not _fresh else 0
	if not _link.has_room() and not (keep_every_tick and _link.make_room(PATIENCE_MS)):
		_missed += 1
		_ticks = 0
		_controls.drain()
		return
	if _missed > 0:
		dropped += _missed
		_cut()
	var row := _row()
	if row.is_empty() or not _link.send_row(row):
		return
	rows += 1
	_missed = 0
	_ticks = 0
	_fresh = false
	_seed = 0
	if _ended:
		_cut()
	recorded.emit(rows)


func _row() -> Dictionary:
	var source := viewport.get_texture() if viewport != null else get_viewport().get_texture()
	var image := source.get_image()
	if image == null or image.is_empty():
		return {}
	var row := {"t": "row", "seq": 0, "episode": _episode, "pixels": WorldClient.fitted(image, size).get_data(),
		"controls": _controls.drain(), "reward": _reward, "ended": _ended, "seed": _seed, "dropped": _missed}
	_state.read_into(row, _fresh)
	if depth != null:
		row["layers"]["depth"] = depth.depths(_state.units).to_byte_array()
	_reward = 0.0
	return row


func _cut() -> void:
	_episode += 1
	_fresh = true
	_ended = false
	_reward = 0.0
	_ticks = 0


func _begin(token: String) -> Dictionary:
	var layers := _state.layers.duplicate()
	if depth != null:
		layers.append({"name": "depth", "dtype": "float32", "shape": [size.y, size.x], "low": 0.0, "high": depth.far * _state.units,
			"unit": "map units" if _state.units != 1.0 else "m", "help": "distance from the plane through the eye; all beyond has the greatest"})
	var version := str(Engine.get_version_info()["string"]).left(48)
	var name_ := game if not game.is_empty() else str(ProjectSettings.get_setting("application/config/name", ""))
	var begin := {"t": "begin", "v": [0, WorldsdkProtocol.RecordLimit.MINOR], "game": name_.left(64) if not name_.is_empty() else "game",
		"size": [size.x, size.y], "rate": float(Engine.physics_ticks_per_second) / every_ticks, "controls": _controls.described,
		"variables": _state.variables, "layers": layers, "licence": licence, "settings": _settings,
		"client": {"name": "worldsdk-godot", "version": "1.0", "engine": "Godot " + version}}
	if not token.is_empty():
		begin["token"] = token
	return begin


func _on_ready(frames: int) -> void:
	_cut()
	_controls.drain()
	_missed = 0
	if not RenderingServer.frame_post_draw.is_connected(_on_drawn):
		RenderingServer.frame_post_draw.connect(_on_drawn)
	started.emit(frames)


func _on_lost() -> void:
	_cut()
	failed.emit("connection_lost", "The receiver is gone; it is tried again each second. Is `worldsdk record --listen --resume` running?")


func _on_over(code: String, message: String, frames: int, episodes: int) -> void:
	if RenderingServer.frame_post_draw.is_connected(_on_drawn):
		RenderingServer.frame_post_draw.disconnect(_on_drawn)
	Engine.max_physics_steps_per_frame = _steps_before
	if code.is_empty():
		stopped.emit(frames, episodes, message)
	else:
		failed.emit(code, message)


func _refuse(code: String, message: String) -> bool:
	failed.emit(code, message)
	return false


static func _path(address: String) -> String:
	# An address without a path was completed to a world's.
	var world := WorldsdkProtocol.Protocol.PATH
	return address.trim_suffix(world) + WorldsdkProtocol.Recording.PATH if address.ends_with(world) else address
