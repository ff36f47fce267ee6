class_name Yard
extends Node3D
## The level: a walled yard with a few walls and pillars in it, each painted otherwise, and a lantern to be found.

## Half of the yard's side, in metres.
const HALF := 8.0
const WALL := 3.0
const LANTERN := Vector3(5.6, 1.3, -5.6)
const REACH := 1.2
## [middle, size, colour, stripes a metre]: what stands in the yard.
const BLOCKS := [
	[Vector3(-3.0, 1.5, -2.0), Vector3(4.0, 3.0, 0.5), Color(0.75, 0.3, 0.25), 2.0],
	[Vector3(3.5, 1.5, -3.0), Vector3(0.5, 3.0, 5.0), Color(0.3, 0.5, 0.75), 3.0],
	[Vector3(1.0, 1.5, 3.5), Vector3(6.0, 3.0, 0.5), Color(0.45, 0.62, 0.3), 1.0],
	[Vector3(-5.0, 1.0, 4.5), Vector3(1.6, 2.0, 1.6), Color(0.8, 0.7, 0.3), 4.0],
	[Vector3(-5.5, 1.5, -5.8), Vector3(0.8, 3.0, 0.8), Color(0.6, 0.35, 0.65), 3.0],
	[Vector3(5.5, 0.6, 0.8), Vector3(1.2, 1.2, 1.2), Color(0.7, 0.5, 0.35), 5.0],
]

func _ready() -> void:
	var sides := [Color(0.62, 0.55, 0.5), Color(0.5, 0.55, 0.6), Color(0.55, 0.6, 0.5), Color(0.6, 0.52, 0.6)]
	for side in 4:
		var out := Vector3.FORWARD.rotated(Vector3.UP, side * PI / 2.0) * (HALF + 0.25)
		var along := Vector3(2.0 * HALF + 1.0, WALL, 0.5) if side % 2 == 0 else Vector3(0.5, WALL, 2.0 * HALF + 1.0)
		_block(out + Vector3(0.0, WALL / 2.0, 0.0), along, sides[side], 1.0)
	_block(Vector3(0.0, -0.25, 0.0), Vector3(2.0 * HALF + 1.0, 0.5, 2.0 * HALF + 1.0), Color(0.42, 0.4, 0.36), 1.0)
	for block: Array in BLOCKS:
		_block(block[0], block[1], block[2], block[3])
	_lantern()
	var sky := Environment.new()
	sky.background_mode = Environment.BG_COLOR
	sky.background_color = Color(0.55, 0.7, 0.85)
	sky.ambient_light_source = Environment.AMBIENT_SOURCE_COLOR
	sky.ambient_light_color = Color(0.75, 0.78, 0.85)
	sky.ambient_light_energy = 0.6
	var world := WorldEnvironment.new()
	world.environment = sky
	add_child(world)
	var sun := DirectionalLight3D.new()
	sun.rotation_degrees = Vector3(-50.0, 35.0, 0.0)
	sun.light_energy = 0.8
	add_child(sun)


## A place on the ground with nothing in the way for so many metres around.
static func free_place(dice: RandomNumberGenerator, around: float = 0.6) -> Vector3:
	while true:
		var place := Vector3(dice.randf_range(-HALF + around, HALF - around), 0.0, dice.randf_range(-HALF + around, HALF - around))
		var taken := Vector2(place.x - LANTERN.x, place.z - LANTERN.z).length() < REACH + 1.0
		for block: Array in BLOCKS:
			var middle: Vector3 = block[0]
			var half: Vector3 = block[1] / 2.0
			taken = taken or (absf(place.x - middle.x) < half.x + around and absf(place.z - middle.z) < half.z + around)
		if not taken:
			return place
	return Vector3.ZERO


func _lantern() -> void:
	var ball := SphereMesh.new()
	ball.radius = 0.35
	ball.height = 0.7
	var glow := StandardMaterial3D.new()
	glow.shading_mode = BaseMaterial3D.SHADING_MODE_UNSHADED
	glow.albedo_color = Color(1.0, 0.85, 0.3)
	ball.material = glow
	var lamp := MeshInstance3D.new()
	lamp.mesh = ball
	lamp.position = LANTERN
	add_child(lamp)
	_block(Vector3(LANTERN.x, 0.45, LANTERN.z), Vector3(0.3, 0.9, 0.3), Color(0.25, 0.22, 0.2), 1.0)


func _block(middle: Vector3, extent: Vector3, color: Color, stripes: float) -> void:
	var body := StaticBody3D.new()
	body.position = middle
	var shape := CollisionShape3D.new()
	var box := BoxShape3D.new()
	box.size = extent
	shape.shape = box
	body.add_child(shape)
	var mesh := BoxMesh.new()
	mesh.size = extent
	var paint := StandardMaterial3D.new()
	paint.albedo_texture = _bricks(color)
	paint.uv1_triplanar = true
	paint.uv1_world_triplanar = true
	paint.uv1_scale = Vector3.ONE * stripes * 0.5
	paint.texture_filter = BaseMaterial3D.TEXTURE_FILTER_LINEAR_WITH_MIPMAPS
	mesh.material = paint
	var shown := MeshInstance3D.new()
	shown.mesh = mesh
	body.add_child(shown)
	add_child(body)


## Four courses of bricks with light joints, 32 x 32 texels.
func _bricks(color: Color) -> ImageTexture:
	var image := Image.create_empty(32, 32, true, Image.FORMAT_RGB8)
	for y in 32:
		for x in 32:
			var course := y / 8
			var joint := y % 8 == 0 or (x + 8 * (course % 2)) % 16 == 0
			var tint := 0.85 + 0.3 * fposmod(sin(float(course * 7 + (x + 8 * (course % 2)) / 16 * 13)) * 91.7, 1.0)
			image.set_pixel(x, y, color.lightened(0.45) if joint else color * tint)
	image.generate_mipmaps()
	return ImageTexture.create_from_image(image)
