extends Node3D
## A room made by hand with a door into a world that a model draws. Walking through it, the player's own view becomes
## the world's newest memory; rewinding to that moment leads out again.

## Whether the player is in the world now.
signal crossed(inside: bool)

const Demo := preload("demo.gd")
const FADE_SECONDS := 0.5
## Time runs backwards in so many jumps.
const JUMPS := 16
const ROOM_HINT := "W A S D and arrows: walk through the door"
const WORLD_HINT := "R: rewind, out through the door"

@onready var client: WorldClient = $WorldClient
@onready var walker: DemoWalker = $Walker
@onready var _eye: WorldConditioner = $WorldConditioner
@onready var _room: Node3D = $Room
@onready var _dream: WorldScreen2D = $Dream/WorldScreen2D
@onready var _hud: CanvasLayer = $Hud
@onready var _hint: Label = $Hud/Hint

## Whether the player is in the world.
var inside := false
## The world's tick of the view through the door; -1 outside.
var entered_at := -1
## What the player saw when it was entered, in the world's size.
var seen: Image
var _busy := false

func _ready() -> void:
	_dream.modulate.a = 0.0
	_hint.text = "looking for a world ..."
	client.connected.connect(_on_connected)
	client.failed.connect(func(_code: String, message: String) -> void: _hint.text = message)
	client.connect_to_world(Demo.url)


func _process(_delta: float) -> void:
	if not inside and not _busy and client.playing and walker.position.z < -walker.reach.y - 0.35:
		enter()


func _unhandled_input(event: InputEvent) -> void:
	Demo.back_to_menu(event, get_tree())
	var key := event as InputEventKey
	if key != null and key.pressed and not key.echo and key.physical_keycode == KEY_R and inside and not _busy:
		leave()


## Through the door: what Godot has just drawn is the world's next memory, and the world goes on from there.
func enter() -> void:
	_busy = true
	walker.active = false
	# What the player sees, without what is written over it.
	_hud.hide()
	await RenderingServer.frame_post_draw
	_eye.texture = ImageTexture.create_from_image(get_viewport().get_texture().get_image())
	seen = _eye.picture_now()
	_hud.show()
	var reply := await _eye.show_now()
	if reply.ok:
		entered_at = reply.tick
		inside = true
		_hint.text = WORLD_HINT
		client.bind_controls = true
		await client.resume()
		await _fade(1.0)
		_room.hide()
		crossed.emit(true)
	else:
		_step_back()
		walker.active = true
	_busy = false


## Back in time to the moment of the door, and out of it.
func leave() -> void:
	_busy = true
	client.bind_controls = false
	client.release_all()
	await client.pause()
	# One further, to before the view was shown: the door then looks as it did.
	var target := entered_at - 1
	var ticks := client.latest.tick - target
	var most: int = client.welcome["limits"]["rewind_ticks"]
	while ticks > 0:
		var jump := clampi(ceili(float(ticks) / JUMPS), 1, maxi(1, most))
		var reply := await client.rewind(mini(jump, ticks))
		if not reply.ok:
			break
		ticks = client.latest.tick - target
	_room.show()
	_step_back()
	await _fade(0.0)
	inside = false
	entered_at = -1
	walker.active = true
	_hint.text = ROOM_HINT
	_busy = false
	crossed.emit(false)


func _on_connected(welcome: Dictionary) -> void:
	for verb: String in ["observe", "rewind", "pause"]:
		if not client.can(verb):
			_hint.text = "%s cannot %s: this door needs a world that can." % [welcome["world"]["title"], verb]
			return
	if inside:
		return
	await client.start(1, 0)
	await client.pause()
	_hint.text = ROOM_HINT


func _step_back() -> void:
	walker.position = Vector3(clampf(walker.position.x, -0.6, 0.6), walker.position.y, -walker.reach.y + 1.2)


func _fade(alpha: float) -> void:
	var tween := create_tween()
	tween.tween_property(_dream, ^"modulate:a", alpha, FADE_SECONDS)
	await tween.finished
