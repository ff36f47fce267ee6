@icon("../icons/world_background.svg")
class_name WorldBackground
extends CanvasLayer
## Shows a world behind everything that Godot draws in 3D, with a camera that follows the world's own.
##
## What stands in the level at a place of the world's (see [method WorldPose.place_of]) then stays there in the
## picture. It is always in front of the picture; for things that hide behind its walls see [WorldDepthComposite].

## The client whose frames are shown; by default the scene's first, or the autoload's.
@export var client: WorldClient
## Camera that follows; by default the viewport's. The level's environment gets this background.
@export var camera: Camera3D
## How the world's coordinates and its camera translate. Without one the camera is left alone.
@export var pose: WorldPose
## Turns the last picture with the camera while a frame is late.
@export var warp := false
## Whether pixels stay squares; else they are smoothed.
@export var pixelated := true

const CameraWarp := preload("../client/camera_warp.gd")
const SHADER := preload("../shaders/screen.gdshader")

var _picture := TextureRect.new()
var _warp := CameraWarp.new()
var _client: WorldClient

func _init() -> void:
	layer = -1


func _ready() -> void:
	_picture.expand_mode = TextureRect.EXPAND_IGNORE_SIZE
	_picture.stretch_mode = TextureRect.STRETCH_SCALE
	_picture.mouse_filter = Control.MOUSE_FILTER_IGNORE
	_picture.texture_filter = CanvasItem.TEXTURE_FILTER_NEAREST if pixelated else CanvasItem.TEXTURE_FILTER_LINEAR
	var made := ShaderMaterial.new()
	made.shader = SHADER
	_picture.material = made
	add_child(_picture)
	if Engine.is_editor_hint():
		return
	_client = WorldClient.find(self, client)
	if _client != null:
		_picture.texture = _client.texture
		_client.presented.connect(_on_presented)


func _process(_delta: float) -> void:
	if Engine.is_editor_hint() or not is_instance_valid(_client):
		return
	var view := camera if camera != null else get_viewport().get_camera_3d()
	var viewport := get_viewport().get_visible_rect().size
	var seen := Vector2.ONE
	if view != null:
		_use_as_background(view)
		if pose != null and _client.shown != null:
			seen = pose.fit_camera(view, _client.shown.size, viewport)
	_picture.size = viewport / seen
	_picture.position = (viewport - _picture.size) / 2.0
	var beats := _client.overdue_beats() if warp and pose != null else 0.0
	(_picture.material as ShaderMaterial).set_shader_parameter(&"shift", _warp.shift(beats, pose) if beats > 0.0 else 0.0)


## Which canvas layers lie behind 3D is asked of the level's environment; a camera's own only says what it draws.
func _use_as_background(view: Camera3D) -> void:
	var level := view.get_world_3d()
	if level.environment == null:
		var made := Environment.new()
		made.ambient_light_source = Environment.AMBIENT_SOURCE_COLOR
		made.ambient_light_color = Color.WHITE
		made.ambient_light_energy = 0.6
		level.environment = made
	for scene: Environment in [level.environment, view.environment]:
		if scene != null:
			scene.background_mode = Environment.BG_CANVAS
			scene.background_canvas_max_layer = layer


func _on_presented(frame: WorldFrame) -> void:
	if pose == null:
		return
	_warp.learn(frame, pose)
	var view := camera if camera != null else get_viewport().get_camera_3d()
	if view != null:
		view.global_transform = pose.camera_transform(frame.state)
