## What a recorded game is steered by: its controls as the wire describes them, and their values at each row.
##
## Between two rows the value of largest magnitude counts, so that a tap shorter than a row is not lost; what is
## marked as a motion is added up instead.
extends RefCounted

const KeyCodes := preload("../client/key_codes.gd")

## As `begin.controls` wants them.
var described: Array[Dictionary] = []
## Why a control cannot be used; empty where all can.
var wrong := ""

var _read: Array[Callable] = []
var _sums: Array[bool] = []
var _values := PackedFloat64Array()

## A button that an action of the InputMap presses.
func add_button(name: String, action: StringName, help: String) -> void:
	if _known(action):
		var read := func() -> float: return 1.0 if Input.is_action_pressed(action) else 0.0
		_add(_control(name, "button", 0.0, 1.0, "", _keys(action, 1.0), _pad(action, 1.0), help), read, false)


## An axis between two actions; [param most] is its value where one of them is fully pressed.
func add_axis(name: String, negative: StringName, positive: StringName, most: float, unit: String, help: String) -> void:
	if not (_known(negative) and _known(positive)):
		return
	var keys := _keys(negative, -most)
	keys.merge(_keys(positive, most))
	var pad := _pad(negative, -most)
	pad.merge(_pad(positive, most))
	var read := func() -> float: return Input.get_axis(negative, positive) * most
	_add(_control(name, "axis", -most, most, unit, keys, pad, help), read, false)


## A control that the game tells. [param sum]: values of ticks within a row are added up, as of a mouse's motion.
func add_control(name: String, read: Callable, low: float, high: float, unit: String, sum: bool, help: String) -> void:
	if not (low <= 0.0 and high >= 0.0 and low < high):
		_complain("%s goes from %s to %s: 0 must lie inside, it is rest." % [name, low, high])
		return
	_add(_control(name, "axis", low, high, unit, {}, {}, help), read, sum)


## Looks at all controls, once a tick.
func sample() -> void:
	for place in _read.size():
		var value := float(_read[place].call())
		if _sums[place]:
			_values[place] += value
		elif absf(value) >= absf(_values[place]):
			_values[place] = value


## Name -> value since the last time; what is at rest is left out.
func drain() -> Dictionary:
	var values := {}
	for place in _read.size():
		var one: Dictionary = described[place]
		var value := clampf(_values[place], one["low"], one["high"])
		if value != 0.0:
			values[one["name"]] = value
		_values[place] = 0.0
	return values


## Lets go of what reads.
func clear() -> void:
	_read.clear()


func _add(control: Dictionary, read: Callable, sum: bool) -> void:
	for other in described:
		if other["name"] == control["name"]:
			_complain("There are two controls called %s." % other["name"])
			return
	described.append(control)
	_read.append(read)
	_sums.append(sum)
	_values.append(0.0)


func _known(action: StringName) -> bool:
	if not InputMap.has_action(action):
		_complain("The InputMap has no action %s: add it in the project's settings, or correct the name." % action)
	return InputMap.has_action(action)


func _complain(what: String) -> void:
	if wrong.is_empty():
		wrong = what


static func _control(name: String, kind: String, low: float, high: float, unit: String, keys: Dictionary, pad: Dictionary, help: String) -> Dictionary:
	return {"name": name, "kind": kind, "low": low, "high": high, "values": null, "unit": unit, "keys": keys, "pad": pad,
		"mouse": null, "help": help}


## The keys of an action, as W3C codes.
static func _keys(action: StringName, value: float) -> Dictionary:
	var found := {}
	for event in InputMap.action_get_events(action):
		if event is InputEventKey:
			var code := KeyCodes.of(event as InputEventKey)
			if not code.is_empty():
				found[code] = value
	return found


static func _pad(action: StringName, value: float) -> Dictionary:
	var found := {}
	for event in InputMap.action_get_events(action):
		if event is InputEventJoypadButton:
			var button: String = KeyCodes.PAD_BUTTONS.get((event as InputEventJoypadButton).button_index, "")
			if not button.is_empty():
				found[button] = value
		elif event is InputEventJoypadMotion:
			var motion := event as InputEventJoypadMotion
			var stick: String = KeyCodes.PAD_AXES.get(motion.axis, "")
			# Of a stick the value at its positive end is told; the other end follows.
			if not stick.is_empty():
				found[stick] = value * signf(motion.axis_value)
	return found
