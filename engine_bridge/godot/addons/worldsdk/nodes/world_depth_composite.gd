@icon("../icons/world_depth_composite.svg")
class_name WorldDepthComposite
extends MeshInstance3D
## Shows a world over the whole view together with its depth: what Godot draws is hidden by the world's walls, and
## hides what lies behind it. The camera follows the world's own.
##
## Needs a world that sends a depth layer: ask for it in [member WorldClient.layers]. Without one the picture is a
## backdrop, and [signal missing_layer] says so.

## The world sends no layer of that name.
signal missing_layer(layer: String)

const SHADER := preload("../shaders/depth_composite.gdshader")

## The client whose frames are shown; by default the scene's first, or the autoload's.
@export var client: WorldClient
## Camera that follows; by default the viewport's.
@export var camera: Camera3D
## How the world's coordinates and its camera translate.
@export var pose: WorldPose
## The layer's name.
@export var layer := "depth"
## The layer's units in a metre; 0 takes those of [member pose].
@export_range(0.0, 10000.0) var layer_units_per_meter := 0.0
## Whether the layer holds distances from the eye; else from the plane through the eye.
@export var radial := false
## Where the picture lies without a layer, in metres.
@export_range(0.1, 10000.0) var backdrop := 1000.0

var _material := ShaderMaterial.new()
var _texture := ImageTexture.new()
var _client: WorldClient

func _init() -> void:
	var quad := QuadMesh.new()
	quad.size = Vector2(2.0, 2.0)
	mesh = quad
	_material.shader = SHADER
	material_override = _material
	# It covers the view wherever it stands.
	extra_cull_margin = 16384.0
	cast_shadow = GeometryInstance3D.SHADOW_CASTING_SETTING_OFF
	gi_mode = GeometryInstance3D.GI_MODE_DISABLED


func _ready() -> void:
	if Engine.is_editor_hint():
		visible = false
		return
	_client = WorldClient.find(self, client)
	if _client == null:
		return
	_material.set_shader_parameter(&"picture", _client.texture)
	_client.presented.connect(_on_presented)
	_client.connected.connect(_on_connected)
	if not _client.welcome.is_empty():
		_on_connected(_client.welcome)


func _process(_delta: float) -> void:
	if not is_instance_valid(_client) or _client.shown == null:
		return
	var view := _view()
	var size := _client.shown.size
	if view == null or pose == null:
		return
	var seen := pose.fit_camera(view, size, get_viewport().get_visible_rect().size)
	_material.set_shader_parameter(&"seen", seen)
	_material.set_shader_parameter(&"half_extent", pose.half_extent(size))


func _on_connected(welcome: Dictionary) -> void:
	for described: Dictionary in welcome["layers"]:
		if described["name"] == layer:
			return
	missing_layer.emit(layer)


func _on_presented(frame: WorldFrame) -> void:
	var view := _view()
	if view != null and pose != null:
		view.global_transform = pose.camera_transform(frame.state)
		# In front of the camera, so that sorting by distance finds it there.
		global_position = view.global_position
	var image := frame.layer_image(layer)
	_material.set_shader_parameter(&"has_layer", image != null)
	_material.set_shader_parameter(&"backdrop", backdrop)
	if image == null:
		return
	if Vector2i(_texture.get_size()) == image.get_size():
		_texture.update(image)
	else:
		_texture.set_image(image)
		_material.set_shader_parameter(&"layer", _texture)
	var between := frame.layer_range(layer)
	var units := layer_units_per_meter if layer_units_per_meter > 0.0 else pose.units_per_meter if pose != null else 1.0
	_material.set_shader_parameter(&"low", between.x)
	_material.set_shader_parameter(&"high", between.y)
	_material.set_shader_parameter(&"units_per_meter", units)
	_material.set_shader_parameter(&"radial", radial)


func _view() -> Camera3D:
	return camera if camera != null else get_viewport().get_camera_3d()
