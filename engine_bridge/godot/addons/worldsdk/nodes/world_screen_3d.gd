@icon("../icons/world_screen_3d.svg")
class_name WorldScreen3D
extends MeshInstance3D
## A screen in a level that shows a world: a television, a portal, a painting. Faces its own +z.

## The client whose frames are shown; by default the scene's first, or the autoload's.
@export var client: WorldClient:
	set(value):
		_leave()
		client = value
		_join()
## Metres from left to right; the height follows from the world's picture.
@export_range(0.01, 1000.0) var width := 2.0:
	set(value):
		width = value
		_resize()
## Height of a pixel over its width: 1.2 for the bundled Doom worlds.
@export_range(0.1, 10.0) var pixel_aspect := 1.0:
	set(value):
		pixel_aspect = value
		_resize()
## How bright it is, whatever light falls on it.
@export_range(0.0, 16.0) var brightness := 1.0:
	set(value):
		brightness = value
		_material.albedo_color = Color(value, value, value)
## Whether pixels stay squares; else they are smoothed.
@export var pixelated := true:
	set(value):
		pixelated = value
		_material.texture_filter = BaseMaterial3D.TEXTURE_FILTER_NEAREST if value else BaseMaterial3D.TEXTURE_FILTER_LINEAR

var _material := StandardMaterial3D.new()
var _quad := QuadMesh.new()
var _client: WorldClient

func _init() -> void:
	_material.shading_mode = BaseMaterial3D.SHADING_MODE_UNSHADED
	_material.texture_filter = BaseMaterial3D.TEXTURE_FILTER_NEAREST
	_quad.material = _material
	mesh = _quad
	_resize()


func _ready() -> void:
	# A mesh that the scene's author chose stays; the material is laid over it.
	if mesh != _quad:
		material_override = _material
	_join()


func _enter_tree() -> void:
	if is_node_ready():
		_join()


func _exit_tree() -> void:
	_leave()


func _join() -> void:
	if not is_node_ready() or not is_inside_tree() or Engine.is_editor_hint() or _client != null:
		return
	_client = WorldClient.find(self, client)
	if _client != null:
		_material.albedo_texture = _client.texture
		_client.connected.connect(_on_connected)
		_resize()


func _leave() -> void:
	if is_instance_valid(_client):
		_client.connected.disconnect(_on_connected)
	_client = null


func _on_connected(_welcome: Dictionary) -> void:
	_resize()


func _resize() -> void:
	var size := _client.world_size() if is_instance_valid(_client) else Vector2i.ZERO
	var ratio := size.y * pixel_aspect / size.x if size.x > 0 else 0.75
	_quad.size = Vector2(width, width * ratio)
