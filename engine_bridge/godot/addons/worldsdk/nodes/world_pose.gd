@icon("../icons/world_pose.svg")
class_name WorldPose
extends Resource
## How a world's own coordinates, and the camera that its pictures were taken with, translate to Godot's.
##
## The defaults are those of the bundled Doom worlds but for [member pixel_aspect], which is 1.2 there, and
## [member eye_height], which is 41 / 32 m.

@export_group("State variables")
## Names in [member WorldFrame.state]; an empty one stands for 0.
@export var x := "x"
@export var y := "y"
@export var z := ""
@export var heading := "heading"
@export var pitch := ""
@export_group("Coordinates")
## The world's units in a metre.
@export_range(0.001, 10000.0) var units_per_meter := 32.0
## Metres from the ground to the eye.
@export var eye_height := 1.28
## The heading, in degrees, at which the camera looks along the world's x axis.
@export_range(-360.0, 360.0) var heading_zero := 0.0
## Whether the heading grows to the right; else to the left, as angles do in mathematics.
@export var clockwise := false
## Whether the world's y grows to the right of its x axis, as on a screen; else to the left.
@export var y_right := false
@export_group("Camera")
## Degrees that a whole picture spans from left to right.
@export_range(1.0, 170.0) var horizontal_fov := 90.0
## Height of a pixel over its width.
@export_range(0.1, 10.0) var pixel_aspect := 1.0

## Where the camera of a frame stood, and where it looked.
func camera_transform(state: Dictionary) -> Transform3D:
	var across := _read(state, y) / units_per_meter * (1.0 if y_right else -1.0)
	var place := Vector3(_read(state, x) / units_per_meter, eye_height + _read(state, z) / units_per_meter, across)
	# Godot's camera looks along -z, a quarter turn to the left of +x.
	var basis := Basis.from_euler(Vector3(deg_to_rad(_read(state, pitch)), yaw(state) - PI / 2.0, 0.0))
	return Transform3D(basis, place)


## A place of the world's own coordinates in Godot's, on the ground.
func place_of(world_x: float, world_y: float) -> Vector3:
	return Vector3(world_x / units_per_meter, 0.0, world_y / units_per_meter * (1.0 if y_right else -1.0))


## Radians to the left of the world's x axis that a frame looks.
func yaw(state: Dictionary) -> float:
	return deg_to_rad(_read(state, heading) - heading_zero) * (-1.0 if clockwise else 1.0)


## Half a picture's width and height at a distance of 1.
func half_extent(size: Vector2i) -> Vector2:
	var across := tan(deg_to_rad(horizontal_fov) / 2.0)
	return Vector2(across, across * pixel_aspect * size.y / maxf(1.0, size.x))


## Sets a camera's field of view so that a picture of [param size] covers its viewport without being distorted, and
## returns which part of the picture, in width and height, is then seen.
func fit_camera(camera: Camera3D, size: Vector2i, viewport: Vector2) -> Vector2:
	var picture := half_extent(size)
	var aspect := viewport.x / maxf(1.0, viewport.y)
	var up := minf(picture.y, picture.x / aspect)
	camera.keep_aspect = Camera3D.KEEP_HEIGHT
	camera.fov = rad_to_deg(2.0 * atan(up))
	return Vector2(up * aspect / picture.x, up / picture.y)


func _read(state: Dictionary, name: String) -> float:
	return float(state.get(name, 0.0))
