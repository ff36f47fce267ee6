@icon("../icons/world_conditioner.svg")
class_name WorldConditioner
extends Node
## Shows the world what Godot draws: any texture or [SubViewport] becomes the next frame of the world's memory, or
## the picture that it should stay close to.
##
## Reading a picture back from the GPU takes time: once for a change of scene costs nothing that is felt, and at the
## world's own rate a small [SubViewport] is the thing to read.

enum Use { OBSERVE, ANCHOR }

## The world was shown a picture.
signal conditioned(reply: WorldReply)

## The client whose world is told; by default the scene's first, or the autoload's.
@export var client: WorldClient
## What is shown: a viewport. Takes precedence over [member texture].
@export var viewport: SubViewport
## What is shown: a texture.
@export var texture: Texture2D
## As the next frame ([method WorldClient.observe]) or as an anchor ([method WorldClient.set_anchor]).
@export var use := Use.OBSERVE
## Ticks of the world's between two pictures while [member active]; 0: only when [method show_now] is called.
@export_range(0, 1000) var every_ticks := 0
@export var active := true

var _client: WorldClient
var _last_tick := -1
var _busy := false

func _ready() -> void:
	if Engine.is_editor_hint():
		return
	_client = WorldClient.find(self, client)
	if _client != null:
		_client.frame.connect(_on_frame)


## Shows the world the present picture. [param controls]: name -> value that were held during it.
func show_now(controls: Dictionary = {}) -> WorldReply:
	var picture := picture_now()
	var reply: WorldReply
	if _client == null:
		reply = WorldReply.new()
		reply.fail("session_invalid", "There is no WorldClient: put one into the scene, or name it in `client`.")
	elif use == Use.ANCHOR:
		reply = await _client.set_anchor(picture)
	else:
		reply = await _client.observe(picture, controls)
	conditioned.emit(reply)
	return reply


## The present picture in the world's size; null where there is none.
func picture_now() -> Image:
	var source: Object = viewport if viewport != null else texture
	var image := WorldClient.picture_of(source)
	return WorldClient.fitted(image, _client.world_size()) if image != null and _client != null else image


func _on_frame(frame: WorldFrame) -> void:
	if not active or every_ticks <= 0 or _busy or (frame.tick >= _last_tick and frame.tick - _last_tick < every_ticks):
		return
	_last_tick = frame.tick
	_busy = true
	await show_now()
	_busy = false
