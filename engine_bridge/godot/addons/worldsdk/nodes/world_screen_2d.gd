@icon("../icons/world_screen_2d.svg")
class_name WorldScreen2D
extends TextureRect
## Shows a world on the canvas: full screen, or as large as its rectangle is. A HUD goes above it.

const CameraWarp := preload("../client/camera_warp.gd")
const SHADER := preload("../shaders/screen.gdshader")

## The client whose frames are shown; by default the scene's first, or the autoload's.
@export var client: WorldClient:
	set(value):
		_leave()
		client = value
		_join()
## Dims the last picture while the connection is lost.
@export var dim_when_lost := true
## Turns the last picture with the camera while a frame is late. Needs a world with a heading; null: off.
@export var warp: WorldPose

var _warp := CameraWarp.new()
var _client: WorldClient

func _init() -> void:
	expand_mode = TextureRect.EXPAND_IGNORE_SIZE
	stretch_mode = TextureRect.STRETCH_KEEP_ASPECT_CENTERED
	mouse_filter = Control.MOUSE_FILTER_IGNORE


func _ready() -> void:
	if material == null:
		var made := ShaderMaterial.new()
		made.shader = SHADER
		material = made
	_join()


func _exit_tree() -> void:
	_leave()


func _enter_tree() -> void:
	if is_node_ready():
		_join()


func _process(_delta: float) -> void:
	if _client == null:
		return
	var lost := dim_when_lost and _client.shown != null and not _client.playing
	self_modulate = Color(0.45, 0.45, 0.45) if lost else Color.WHITE
	var made := material as ShaderMaterial
	if made != null and made.shader == SHADER:
		made.set_shader_parameter(&"shift", _warp.shift(_client.overdue_beats(), warp) if warp != null else 0.0)


func _join() -> void:
	if not is_node_ready() or not is_inside_tree() or Engine.is_editor_hint() or _client != null:
		return
	_client = WorldClient.find(self, client)
	if _client != null:
		texture = _client.texture
		_client.presented.connect(_on_presented)


func _leave() -> void:
	if is_instance_valid(_client):
		_client.presented.disconnect(_on_presented)
	_client = null


func _on_presented(frame: WorldFrame) -> void:
	if warp != null:
		_warp.learn(frame, warp)
