## What a recorded game tells of itself with each picture: numbers and tensors, as the wire describes them.
extends RefCounted

## Units a row that a walker moves at most; what is beyond is a jump, not a step.
const LONGEST_STEP := 64.0
const TURN := 360.0

## As `begin.variables` and `begin.layers` want them.
var variables: Array[Dictionary] = []
var layers: Array[Dictionary] = []
## The level's units in a metre, once a pose said so.
var units := 1.0

var _numbers: Array[Callable] = []
var _tensors: Array[Callable] = []
var _fresh := true
var _place := Vector2.ZERO
var _step := Vector2.ZERO

func add_variable(name: String, read: Callable, low: float, high: float, unit: String, period: float) -> void:
	variables.append({"name": name, "low": low, "high": high, "unit": unit, "period": period})
	_numbers.append(read)


func add_layer(name: String, read: Callable, dtype: String, shape: Array, low: float, high: float, unit: String, help: String) -> void:
	layers.append({"name": name, "dtype": dtype, "shape": shape, "low": low, "high": high, "unit": unit, "help": help})
	_tensors.append(read)


## x, y, heading, vx and vy of a walker's camera. x is the level's x and y its -z; the heading is in degrees, to the left
## of +x.
func add_pose(camera: Node3D, ground: Rect2, units_per_meter: float) -> void:
	units = units_per_meter
	var low := Vector2(ground.position.x, -ground.end.y) * units
	var high := Vector2(ground.end.x, -ground.position.y) * units
	var per_tick := "map units/tick"
	# Read first, in this order: the step is taken from the place.
	add_variable("x", func() -> float: return _move(camera).x, low.x, high.x, "map units", 0.0)
	add_variable("y", func() -> float: return _place.y, low.y, high.y, "map units", 0.0)
	add_variable("heading", func() -> float: return fposmod(rad_to_deg(camera.global_rotation.y) + 90.0, TURN), 0.0, TURN, "degrees", TURN)
	add_variable("vx", func() -> float: return _step.x, -LONGEST_STEP, LONGEST_STEP, per_tick, 0.0)
	add_variable("vy", func() -> float: return _step.y, -LONGEST_STEP, LONGEST_STEP, per_tick, 0.0)


## Reads everything into a row. [param fresh]: it is an episode's first, nothing was moved before it.
func read_into(row: Dictionary, fresh: bool) -> void:
	_fresh = fresh
	var values := {}
	for at in _numbers.size():
		values[variables[at]["name"]] = float(_numbers[at].call())
	var tensors := {}
	for at in _tensors.size():
		tensors[layers[at]["name"]] = _tensors[at].call()
	row["variables"] = values
	row["layers"] = tensors


## Lets go of what reads: readers know their owners, and owners their readers.
func clear() -> void:
	_numbers.clear()
	_tensors.clear()


func _move(camera: Node3D) -> Vector2:
	var place := Vector2(camera.global_position.x, -camera.global_position.z) * units
	var longest := Vector2(LONGEST_STEP, LONGEST_STEP)
	_step = Vector2.ZERO if _fresh else (place - _place).clamp(-longest, longest)
	_place = place
	return place
