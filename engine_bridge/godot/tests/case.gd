## Base of the programs here: `godot --headless --path engine_bridge/godot --script res://tests/NAME.gd -- --url URL`.
## Each prints one line, "RESULT {json}", and exits with 0; 1 where it could not get that far.
extends SceneTree

const PATIENCE_SECONDS := 150.0

var client: WorldClient
## What client signals said, in order: [name, ...].
var heard: Array[Array] = []
var _deadline := 0

func _initialize() -> void:
	_deadline = Time.get_ticks_usec() + int(PATIENCE_SECONDS * 1e6)
	_go.call_deferred()


## What a case does; it ends with [method finish].
func run() -> void:
	finish({})


func _go() -> void:
	await run()


func _process(_delta: float) -> bool:
	if Time.get_ticks_usec() > _deadline:
		printerr("no end after %d s; heard %s" % [PATIENCE_SECONDS, heard.slice(-8)])
		quit(1)
	return false


## The value after `--name` on the command line.
func argument(name: String, fallback: String = "") -> String:
	var all := OS.get_cmdline_user_args()
	var at := all.find("--" + name)
	return all[at + 1] if at >= 0 and at + 1 < all.size() else fallback


func finish(result: Dictionary) -> void:
	print("RESULT ", JSON.stringify(result))
	if client != null:
		client.queue_free()
	await process_frame
	quit(0)


## A client in the tree that writes down what its signals say, connected to `--url`.
func join(options: Dictionary = {}) -> WorldClient:
	var made := WorldClient.new()
	made.auto_connect = false
	made.failed.connect(func(code: String, message: String) -> void: heard.append(["failed", code, message]))
	made.disconnected.connect(func(code: int, reason: String, again: bool) -> void: heard.append(["disconnected", code, reason, again]))
	made.connected.connect(func(welcome: Dictionary) -> void: heard.append(["connected", welcome["session"]]))
	made.applied.connect(func(command: String, tick: int, _result: Dictionary) -> void: heard.append(["applied", command, tick]))
	made.event.connect(func(name: String, _data: Dictionary) -> void: heard.append(["event", name]))
	root.add_child(made)
	made.connect_to_world(argument("url"), options)
	if made.welcome.is_empty():
		await until(func() -> bool: return made.playing or heard.any(func(one: Array) -> bool: return one[0] == "disconnected" and not one[3]))
	return made


func until(there: Callable, seconds: float = PATIENCE_SECONDS) -> bool:
	var ends := Time.get_ticks_usec() + int(seconds * 1e6)
	while not there.call():
		if Time.get_ticks_usec() > ends:
			return false
		await process_frame
	return true


func seconds(count: float) -> void:
	await create_timer(count).timeout


## SHA-256 of a frame's pixels as RGB.
func pixels_hash(frame: WorldFrame) -> String:
	var image := frame.image()
	image.convert(Image.FORMAT_RGB8)
	var context := HashingContext.new()
	context.start(HashingContext.HASH_SHA256)
	context.update(image.get_data())
	return context.finish().hex_encode()


## The depth of every pixel of the frame that is shown, row by row.
func depths() -> Array[float]:
	var all: Array[float] = []
	for y in client.shown.size.y:
		for x in client.shown.size.x:
			all.append(client.shown.layer_value("depth", x, y))
	return all


## What is on the screen, once it has settled, as a picture beside `--out`.
func save_screen(name: String) -> void:
	for _frame in 3:
		await process_frame
	await RenderingServer.frame_post_draw
	root.get_texture().get_image().save_png("%s-%s.png" % [argument("out"), name])
