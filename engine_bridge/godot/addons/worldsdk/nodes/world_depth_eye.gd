@icon("../icons/world_depth_eye.svg")
class_name WorldDepthEye
extends SubViewport
## Sees the level as distances: along the view of a camera, from the plane through it. For [WorldRecorder]'s depth
## layer, and for anything else that wants a depth picture of a level.
##
## It renders the level a second time, at its own [member SubViewport.size]. Its camera tells itself from others by
## leaving out visibility layer 20: nothing on that layer is seen in depth, and no other camera of the game should
## leave it out.

const SHADER := preload("../shaders/depth_eye.gdshader")
## Visibility layer that only other cameras see.
const MARK := 1 << 19

## Camera whose view is measured; by default the viewport's, of the parent.
@export var camera: Camera3D
## Metres that are the greatest depth told; what is farther has it, and the sky.
@export_range(0.1, 10000.0) var far := 25.0:
	set(value):
		far = value
		_material.set_shader_parameter(&"far", value)

var _material := ShaderMaterial.new()
var _view := Camera3D.new()
## Byte of the picture -> five bits, as the shader writes them.
var _digits := PackedInt32Array()

func _init() -> void:
	for byte in 256:
		_digits.append(clampi(roundi((byte / 255.0 - 0.3) / 0.7 * 31.0), 0, 31))
	size = Vector2i(64, 48)
	render_target_update_mode = SubViewport.UPDATE_ALWAYS
	msaa_3d = Viewport.MSAA_DISABLED
	# After the game has placed its own camera.
	process_priority = 1000
	_material.shader = SHADER
	_material.set_shader_parameter(&"far", far)
	var plain := Environment.new()
	plain.background_mode = Environment.BG_COLOR
	plain.background_color = Color.BLACK
	plain.tonemap_mode = Environment.TONE_MAPPER_LINEAR
	_view.environment = plain
	_view.cull_mask = ((1 << 20) - 1) & ~MARK
	add_child(_view)
	var quad := QuadMesh.new()
	quad.size = Vector2(2.0, 2.0)
	var cover := MeshInstance3D.new()
	cover.mesh = quad
	cover.material_override = _material
	cover.extra_cull_margin = 16384.0
	cover.cast_shadow = GeometryInstance3D.SHADOW_CASTING_SETTING_OFF
	_view.add_child(cover)


func _ready() -> void:
	_view.current = true


func _process(_delta: float) -> void:
	var source := _source()
	if source == null:
		return
	_view.projection = source.projection
	_view.keep_aspect = source.keep_aspect
	_view.fov = source.fov
	_view.size = source.size
	_view.near = source.near
	_view.far = maxf(source.far, far)
	_view.global_transform = source.global_transform


## Depths of the picture that was drawn last, row by row, in metres times [param units]; empty where nothing is drawn.
func depths(units: float = 1.0) -> PackedFloat32Array:
	var image := get_texture().get_image()
	if image == null or image.is_empty():
		return PackedFloat32Array()
	image.convert(Image.FORMAT_RGB8)
	var bytes := image.get_data()
	var out := PackedFloat32Array()
	out.resize(image.get_width() * image.get_height())
	var scale := far * units / 32767.0
	for place in out.size():
		var at := 3 * place
		out[place] = scale * (_digits[bytes[at]] << 10 | _digits[bytes[at + 1]] << 5 | _digits[bytes[at + 2]])
	return out


func _source() -> Camera3D:
	if camera != null:
		return camera
	var outer := get_parent().get_viewport() if get_parent() != null else null
	return outer.get_camera_3d() if outer != null else null
