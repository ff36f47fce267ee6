class_name Explorer
extends Node
## Plays by itself, through the very actions that a player presses: most of the time it walks to places that it sees,
## and now and then it does what explorers do not and players do: stands, spins, backs off, slides along walls. What a
## model never saw it cannot dream.

const ACTIONS: Array[StringName] = [&"forward", &"back", &"left", &"right", &"turn_left", &"turn_right"]
const STUCK_TICKS := 12

@export var walker: Walker
var dice := RandomNumberGenerator.new()
var _target := Vector3.ZERO
var _strolling := 0
var _until := 0
var _tick := 0
var _still := 0
var _before := Vector3.ZERO

func _physics_process(_delta: float) -> void:
	_tick += 1
	_still = _still + 1 if walker.position.distance_to(_before) < 0.03 else 0
	_before = walker.position
	if _strolling > 0:
		_strolling -= 1
		if _tick >= _until:
			_stroll()
	elif dice.randf() < 0.006:
		_strolling = dice.randi_range(30, 120)
		_stroll()
	else:
		_walk()


## Lets everything go.
func rest() -> void:
	for action in ACTIONS:
		Input.action_release(action)


func _walk() -> void:
	var way := _target - walker.position
	if way.length() < 0.8 or _still > STUCK_TICKS:
		_target = _somewhere()
		_still = 0
		way = _target - walker.position
	var angle := rad_to_deg(wrapf(atan2(-way.x, -way.z) - walker.rotation.y, -PI, PI))
	# Sometimes by key, sometimes as gently as a stick.
	var turn := clampf(-angle / Walker.TURN, -1.0, 1.0)
	_axis(&"turn_left", &"turn_right", signf(turn) if absf(angle) > 15.0 and _tick % 4 < 2 else turn)
	_press(&"forward", 1.0 if absf(angle) < 50.0 else 0.0)
	_press(&"back", 0.0)
	_axis(&"left", &"right", 0.0)


func _stroll() -> void:
	_until = _tick + dice.randi_range(8, 30)
	_press(&"forward", float(dice.randf() < 0.4))
	_press(&"back", float(dice.randf() < 0.3))
	_axis(&"left", &"right", [-1.0, 0.0, 0.0, 1.0][dice.randi() % 4])
	_axis(&"turn_left", &"turn_right", [-1.0, -0.4, 0.0, 0.0, 0.4, 1.0][dice.randi() % 6])


## A far place in sight; any place where none is.
func _somewhere() -> Vector3:
	var best := Yard.free_place(dice)
	var room := walker.get_world_3d().direct_space_state
	for _try in 8:
		var place := Yard.LANTERN * Vector3(1.0, 0.0, 1.0) if dice.randf() < 0.08 else Yard.free_place(dice)
		var look := PhysicsRayQueryParameters3D.create(walker.position + Vector3.UP * 0.5, place + Vector3.UP * 0.5, 1, [walker.get_rid()])
		if room.intersect_ray(look).is_empty() and place.distance_to(walker.position) > 2.0:
			return place
	return best


func _axis(negative: StringName, positive: StringName, value: float) -> void:
	_press(negative, maxf(0.0, -value))
	_press(positive, maxf(0.0, value))


func _press(action: StringName, strength: float) -> void:
	if strength > 0.0:
		Input.action_press(action, strength)
	else:
		Input.action_release(action)
