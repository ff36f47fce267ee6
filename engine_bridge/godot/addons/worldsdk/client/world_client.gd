@icon("../icons/world_client.svg")
class_name WorldClient
extends "verbs.gd"
## Plays a generated world that a worldsdk server draws.
##
## Put one into a scene, set [member url], and let a [WorldScreen2D], [WorldScreen3D] or [WorldBackground] show it.
## Keyboard, mouse and gamepad are bound to the world's own controls by themselves. The world has its own clock: the
## newest frame is held in [member texture] and [member shown], whatever the game's frame rate is, and a lost
## connection is taken up again where it was.
## [codeblock]
## var client := WorldClient.new()
## add_child(client)
## client.connect_to_world("localhost:8765")
## await client.connected
## client.press("forward")
## var moment := await client.snapshot()
## [/codeblock]

const Address := preload("address.gd")
const Keeper := preload("keeper.gd")
const Bindings := preload("bindings.gd")
const Presenter := preload("presenter.gd")
const GROUP := &"world_clients"
const ANSWER_SECONDS := 60.0
## In real time the world goes on after a jump: a frame up to so many ticks after it is one of there.
const NEAR_TICKS := 8
const QUALITY_USEC := 1_000_000

## The server has let this client in, or in again. See [member welcome].
signal connected(welcome: Dictionary)
## A frame has arrived.
signal frame(frame: WorldFrame)
## A frame is in [member texture] from now on; at most one for each frame that Godot draws.
signal presented(frame: WorldFrame)
## A command of this client's was applied.
signal applied(command: String, tick: int, result: Dictionary)
## Once a second: how good the connection is.
signal quality(stats: WorldQuality)
## News of the server's: queue, viewers, recording, quality, warning, drift, ended, paused, resumed, speed.
signal event(name: String, data: Dictionary)
## Something did not work. [param message] says what, and what to do about it.
signal failed(code: String, message: String)
## The connection is gone. With [param will_retry] the client comes back by itself.
signal disconnected(code: int, reason: String, will_retry: bool)

## Address of the server: [code]localhost:8765[/code] will do.
@export var url := "ws://localhost:8765/play"
## Whether to connect when the scene begins.
@export var auto_connect := true
## A player takes part, a viewer watches [member room], a stepper moves the world by [method step].
@export_enum("player", "viewer", "stepper") var role := "player"
## Whose clock the world follows: the server's, or this client's steps.
@export_enum("realtime", "lockstep") var mode := "realtime"
## Room to join; by default one of one's own.
@export var room := ""
## Codecs in order of preference. H.264 cannot be decoded here.
@export var codecs := PackedStringArray(["raw_rgb", "jpeg", "webp", "png"])
## Layers wanted with each frame, such as depth; [code]*[/code] for all that the world has.
@export var layers := PackedStringArray()
@export_range(1, 64) var credit := 2
## Bytes of the largest message that is taken. Twice that is reserved when connecting.
@export_range(65536, 67108864) var max_message := 4 * 1024 * 1024
## Seconds spent on connecting and on taking up a lost connection; 0 gives up at once.
@export_range(0.0, 600.0) var reconnect_seconds := 30.0
@export_group("Controls")
## Whether keys, mouse and gamepads move the world as [code]welcome.controls[/code] says.
@export var bind_controls := true
## Whether the mouse counts when it is not captured, too.
@export var mouse_always := false
@export_group("Presentation")
## Shows frames as evenly as they were made, for up to three ticks, or 0.1 s, more delay. Else each at once.
@export var paced := false

## The frame that is shown, as a texture: always this one object, updated in place.
var texture := ImageTexture.new()
## The newest frame that arrived; null before the first.
var latest: WorldFrame
## The frame in [member texture]; null before the first.
var shown: WorldFrame
## Numbers of the shown frame's tick, such as the pose.
var state: Dictionary:
	get: return shown.state if shown != null else {}
## Tick of the shown frame.
var tick: int:
	get: return shown.tick if shown != null else int(welcome.get("tick", 0))
var reward: float:
	get: return shown.reward if shown != null else 0.0
## Whether the world came to its end in the shown frame.
var ended: bool:
	get: return shown.ended if shown != null else false
## Milliseconds since the newest frame arrived; -1 before the first.
var age_ms: float:
	get: return latest.age_ms() if latest != null else -1.0
## Whether the world stands still, as the server last said.
var paused: bool:
	get: return _keeper.dialogue.paused
## Whether inputs reach the world now.
var playing: bool:
	get: return _keeper.state == Keeper.State.PLAYING

var _keeper := Keeper.new()
var _bindings := Bindings.new()
var _presenter := Presenter.new()
var _told := 0
var _measured := 0
var _dropped := 0
var _complaints := 0

## The client that [param node] should use: the given one, or the scene's first, or the autoload's. Null where there
## is none.
static func find(node: Node, given: WorldClient) -> WorldClient:
	if given != null or not node.is_inside_tree():
		return given
	var first := node.get_tree().get_first_node_in_group(GROUP) as WorldClient
	if first != null:
		return first
	var autoload := node.get_node_or_null(^"/root/WorldSDK")
	return autoload.call(&"shared_client") as WorldClient if autoload != null else null


func _init() -> void:
	# Before the nodes that show its frames, and while the game is paused, too.
	process_priority = -100
	process_mode = Node.PROCESS_MODE_ALWAYS
	texture.set_image(Image.create_empty(2, 2, false, Image.FORMAT_RGB8))
	var dialogue := _keeper.dialogue
	dialogue.welcomed.connect(_on_welcome)
	dialogue.framed.connect(_on_frame)
	dialogue.answered.connect(_on_answer)
	dialogue.told.connect(func(name_: String, data: Dictionary) -> void: event.emit(name_, data))
	dialogue.complained.connect(_on_complaint)
	_keeper.ended.connect(_on_ended)


func _enter_tree() -> void:
	add_to_group(GROUP)


func _ready() -> void:
	if auto_connect and not Engine.is_editor_hint() and _keeper.state == Keeper.State.IDLE:
		connect_to_world()


## Connects, or leaves and connects anew. [param options] overrides the properties of the same name: role, mode,
## room, codecs, layers, credit, max_message, reconnect_seconds; and takes [code]token[/code] (never saved in a
## scene), [code]resume[/code] (a twin's, from [method fork]) and [code]tls[/code] ([TLSOptions]). Returns false,
## after [signal failed], where the address or an option cannot be used.
func connect_to_world(address: String = "", options: Dictionary = {}) -> bool:
	var where := Address.complete(address if not address.is_empty() else url)
	var wishes := {"role": role, "mode": mode, "room": room, "codecs": codecs, "layers": layers, "credit": credit,
		"max_message": max_message, "reconnect_seconds": reconnect_seconds, "token": "", "resume": "", "tls": null}
	for option: String in options:
		if not wishes.has(option):
			where = {"error": "There is no option %s: use one of %s." % [option, ", ".join(PackedStringArray(wishes.keys()))]}
	wishes.merge(options, true)
	if where.has("error"):
		failed.emit("connection_failed", where["error"])
		return false
	# Kinds of client that the protocol knows: a viewer watches by the clock, whoever steps is a stepper.
	if wishes["role"] == "viewer" and not options.has("mode"):
		wishes["mode"] = "realtime"
	elif wishes["role"] == "stepper" or wishes["mode"] == "lockstep":
		wishes["role"] = "stepper"
		wishes["mode"] = "lockstep"
	_keeper.leave()
	_keeper.dialogue.give_up("connection_lost", "The client connects elsewhere.")
	_keeper.dialogue.resume_token = ""
	_keeper.dialogue.wishes = wishes
	_keeper.url = where["url"]
	_keeper.token = wishes["token"]
	_keeper.tls = wishes["tls"]
	_keeper.reconnect_seconds = wishes["reconnect_seconds"]
	_keeper.open(wishes["resume"])
	return true


## Says goodbye, so that the seat is free at once.
func disconnect_from_world(reason: String = "") -> void:
	_keeper.close(reason)


## Lockstep: takes [param ticks] ticks with these controls (name -> value; what is missing is released; empty: what
## is held by devices and by name) and returns the frame after them, or null where it failed.
func step(controls: Dictionary = {}, ticks: int = 1) -> WorldFrame:
	if not playing or welcome["mode"] != "lockstep":
		failed.emit("session_invalid", "There is nothing to step: connect with mode lockstep first.")
		return null
	var body := {"controls": controls} if not controls.is_empty() else _bindings.drain()
	if ticks != 1:
		body["ticks"] = clampi(ticks, 1, WorldsdkProtocol.Limit.MAX_TICKS)
	var dialogue := _keeper.dialogue
	var seq := dialogue.input(body, Time.get_ticks_usec())
	var before := latest
	var complaints := _complaints
	_keeper.flush()
	# After a resume the input was said again, under a number that may be lower.
	var there := func() -> bool:
		return _complaints != complaints or (latest != before and latest != null and latest.applied >= mini(seq, dialogue.seq))
	return latest if await _until(there) and _complaints == complaints else null


## Sets a control by name until it is set again; buttons are 0 or 1. Devices and names are held together.
func set_control(name_: String, value: float) -> void:
	if not welcome.is_empty() and not _bindings.knows(name_):
		failed.emit("control_invalid", "%s has no control %s: it has %s." % [_title(), name_,
			", ".join(PackedStringArray((welcome["controls"] as Array).map(func(one: Dictionary) -> String: return one["name"])))])
		return
	_bindings.set_value(name_, value)
	_tell_inputs(Time.get_ticks_usec())


## Holds a control at its highest value.
func press(name_: String) -> void:
	set_control(name_, _bindings.control(name_).get("high", 1.0))


## Lets a control go.
func release(name_: String) -> void:
	set_control(name_, 0.0)


## Lets every control go, by whatever it is held.
func release_all() -> void:
	_bindings.release_all()
	_tell_inputs(Time.get_ticks_usec())


## Beats by which the next frame is late: 0 where it is not.
func overdue_beats() -> float:
	if shown == null or paused or not playing or welcome["mode"] != "realtime":
		return 0.0
	var now := Time.get_ticks_usec()
	return _presenter.overdue(now) if paced else maxf(0.0, (now - latest.arrived) / _presenter.period - 1.0)


## How good the connection is, now.
func read_quality() -> WorldQuality:
	var stats := _keeper.dialogue.meter.read(Time.get_ticks_usec(), latest)
	stats.late = _presenter.late
	stats.dropped = _dropped + _presenter.dropped
	return stats


func _process(delta: float) -> void:
	_keeper.process()
	var now := Time.get_ticks_usec()
	_tell_inputs(now)
	_keeper.flush()
	# What is due nearer to this frame than to the next is shown now: on time on average, not half a frame late.
	_present(now, int(minf(delta * 1e6, _presenter.period) / 2.0))
	if playing and now - _measured >= QUALITY_USEC:
		_measured = now
		quality.emit(read_quality())


func _unhandled_input(input: InputEvent) -> void:
	if not bind_controls or not playing or _bindings.is_release(input):
		return
	if input is InputEventMouseMotion and not mouse_always and Input.mouse_mode != Input.MOUSE_MODE_CAPTURED:
		return
	if _bindings.take(input) and _bindings.changed:
		_tell_inputs(Time.get_ticks_usec())


func _input(input: InputEvent) -> void:
	# Releases are taken before anybody can use them up, or a key would stay down for ever.
	if bind_controls and _bindings.is_release(input) and _bindings.take(input) and playing:
		_tell_inputs(Time.get_ticks_usec())


func _notification(what: int) -> void:
	match what:
		NOTIFICATION_APPLICATION_FOCUS_OUT, NOTIFICATION_WM_WINDOW_FOCUS_OUT:
			_bindings.release_devices()
		NOTIFICATION_PREDELETE:
			_keeper.leave()


func _tell_inputs(now: int) -> void:
	if not playing or welcome["mode"] != "realtime" or welcome["role"] == "viewer":
		return
	var most: float = welcome["limits"]["input_hz"]
	if (_bindings.changed or _bindings.mouse != Vector2.ZERO) and now - _told >= (1e6 / most if most > 0.0 else 0.0):
		_told = now
		_keeper.dialogue.input(_bindings.drain(), now)
		_keeper.flush()


func _present(now: int, lead: int) -> void:
	if latest == null:
		return
	var next := latest
	if paced and welcome.get("mode") == "realtime":
		next = _presenter.take(now + lead)
	if next == null or next == shown:
		return
	var image := next.image()
	if image == null:
		failed.emit("image_invalid", "A frame holds no %s picture of %s pixels: ask for another codec." % [next.codec, next.size])
		shown = next
		return
	if texture.get_width() == image.get_width() and texture.get_height() == image.get_height() and texture.get_format() == image.get_format():
		texture.update(image)
	else:
		texture.set_image(image)
	shown = next
	presented.emit(next)
	if DisplayServer.get_name() == "headless":
		_keeper.dialogue.shown(next, now)
	elif not RenderingServer.frame_post_draw.is_connected(_on_drawn):
		RenderingServer.frame_post_draw.connect(_on_drawn, CONNECT_ONE_SHOT)


func _on_drawn() -> void:
	if shown != null:
		_keeper.dialogue.shown(shown, Time.get_ticks_usec())
		_keeper.flush()


func _on_welcome(message: Dictionary) -> void:
	welcome = message
	_bindings.configure(message["controls"])
	_bindings.changed = _bindings.holds_anything()
	_presenter.clear()
	_presenter.period = 1e6 / float(message["rate"])
	connected.emit(message)


func _on_frame(one: WorldFrame) -> void:
	if latest != null and latest != shown and not paced:
		_dropped += 1
	latest = one
	if paced and welcome["mode"] == "realtime":
		_presenter.add(one)
	frame.emit(one)


func _on_answer(reply: WorldReply) -> void:
	if reply.ok:
		applied.emit(reply.command, reply.tick, reply.result)
	else:
		failed.emit(reply.code, reply.message)


func _on_complaint(code: String, message: String) -> void:
	_complaints += 1
	failed.emit(code, message)


func _on_ended(code: int, error: String, reason: String, will_retry: bool) -> void:
	if not error.is_empty():
		failed.emit(error, reason)
	disconnected.emit(code, reason, will_retry)


func _ask(name_: String, args: Dictionary) -> WorldReply:
	if not playing:
		return _refuse(name_, "session_invalid", "The client is not connected: wait for the signal connected.")
	if not can(name_):
		return _refuse(name_, "not_capable", "%s cannot %s here. It can: %s." % [_title(), name_,
			", ".join(PackedStringArray((welcome["commands"] as Dictionary).keys()))])
	var reply := _keeper.dialogue.command(name_, args)
	_keeper.flush()
	return reply


func _refuse(name_: String, code: String, message: String) -> WorldReply:
	var reply := super(name_, code, message)
	failed.emit(code, message)
	return reply


func _jump(name_: String, args: Dictionary) -> WorldReply:
	_presenter.clear()
	var reply := await command(name_, args)
	if reply.ok:
		# One that came before the answer is of another time, however like it looks.
		var there := func() -> bool:
			var beyond := latest.tick - reply.tick if latest != null else -1
			var near := beyond == 0 if welcome["mode"] == "lockstep" else beyond >= 0 and beyond <= NEAR_TICKS
			return near and _keeper.dialogue.frames > reply.frames
		await _until(there, 2.0)
	return reply


## Waits, one engine frame at a time; false where it has not come in time or the connection is over.
func _until(there: Callable, seconds: float = ANSWER_SECONDS) -> bool:
	var deadline := Time.get_ticks_usec() + int(seconds * 1e6)
	while not there.call():
		if not is_inside_tree() or _keeper.state == Keeper.State.IDLE or Time.get_ticks_usec() > deadline:
			return false
		await get_tree().process_frame
	return true
