## What is held, as the server wants to hear it: bound from `welcome.controls`, and set by name.
##
## Only keys and pad inputs that some control of the world names are ever noted or sent. A press that is shorter
## than the time between two inputs is kept until one has told it.
extends RefCounted

const KeyCodes := preload("key_codes.gd")

## Below this a stick is at rest, which no stick is exactly.
const DEADZONE := 0.15

## Whether something is to be told that the last input did not tell.
var changed := false
## Pixels that the mouse has moved since the last input.
var mouse := Vector2.ZERO
## Whether any control is moved by the mouse.
var wants_mouse := false

var _codes: Dictionary = {}
var _pads: Dictionary = {}
var _names: Dictionary = {}
var _keys: Dictionary = {}
var _tapped: Dictionary = {}
var _pad: Dictionary = {}
var _pad_tapped: Dictionary = {}
var _values: Dictionary = {}
var _peaks: Dictionary = {}

## Learns which devices move which controls; what is held by name stays held where the name is still known.
func configure(controls: Array) -> void:
	_codes = {}
	_pads = {}
	_names = {}
	wants_mouse = false
	for control: Dictionary in controls:
		_names[control["name"]] = control
		_codes.merge(control["keys"])
		_pads.merge(control["pad"])
		wants_mouse = wants_mouse or control["mouse"] != null
	for name: String in _values.keys():
		if not _names.has(name):
			_values.erase(name)


func knows(name: String) -> bool:
	return _names.has(name)


## The control's description in `welcome.controls`, or an empty one.
func control(name: String) -> Dictionary:
	return _names.get(name, {})


func holds_anything() -> bool:
	return not (_keys.is_empty() and _pad.is_empty() and _values.is_empty())


## Sets a control by name; 0 releases it.
func set_value(name: String, value: float) -> void:
	if value == float(_values.get(name, 0.0)):
		return
	if value == 0.0:
		_values.erase(name)
	else:
		_values[name] = value
	if absf(value) >= absf(_peaks.get(name, 0.0)):
		_peaks[name] = value
	changed = true


## Takes a press, a release or a motion. Returns whether it concerns the world.
func take(event: InputEvent) -> bool:
	if event is InputEventKey:
		return _take_key(event as InputEventKey)
	if event is InputEventJoypadButton:
		var button := event as InputEventJoypadButton
		return _take_pad(KeyCodes.PAD_BUTTONS.get(button.button_index, ""), 1.0 if button.pressed else 0.0)
	if event is InputEventJoypadMotion:
		var motion := event as InputEventJoypadMotion
		var level := absf(motion.axis_value)
		level = 0.0 if level < DEADZONE else (level - DEADZONE) / (1.0 - DEADZONE)
		return _take_pad(KeyCodes.PAD_AXES.get(motion.axis, ""), level * signf(motion.axis_value))
	if event is InputEventMouseMotion and wants_mouse:
		mouse += (event as InputEventMouseMotion).relative
		return true
	return false


## Whether the event lets something go; such events are taken even where a dialogue of the game's has used them.
func is_release(event: InputEvent) -> bool:
	if event is InputEventKey:
		return not (event as InputEventKey).pressed
	if event is InputEventJoypadButton:
		return not (event as InputEventJoypadButton).pressed
	return event is InputEventJoypadMotion and absf((event as InputEventJoypadMotion).axis_value) < DEADZONE


## Lets everything go that devices hold, for a window that has lost the focus.
func release_devices() -> void:
	changed = changed or not _keys.is_empty() or not _pad.is_empty()
	_keys.clear()
	_pad.clear()
	mouse = Vector2.ZERO


## Lets everything go, what is held by name included.
func release_all() -> void:
	release_devices()
	changed = changed or not _values.is_empty()
	_values.clear()
	_forget_taps()


## The body of an input: all that is held, or was since the last one. What was let go meanwhile is left for the
## next to tell: [member changed] is then still true.
func drain() -> Dictionary:
	var keys := _keys.duplicate()
	keys.merge(_tapped)
	var pad := _pad.duplicate()
	pad.merge(_pad_tapped)
	var values := _values.duplicate()
	values.merge(_peaks, true)
	for name: String in values.keys():
		if values[name] == 0.0:
			values.erase(name)
	var body := {}
	if not keys.is_empty():
		body["keys"] = keys.keys().slice(0, WorldsdkProtocol.Limit.MAX_KEYS)
	if not pad.is_empty():
		body["pad"] = pad
	if not values.is_empty():
		body["controls"] = values
	if mouse != Vector2.ZERO:
		body["mouse"] = [mouse.x, mouse.y]
	changed = keys != _keys or pad != _pad or values != _values
	mouse = Vector2.ZERO
	_forget_taps()
	return body


func _take_key(event: InputEventKey) -> bool:
	var code := KeyCodes.of(event)
	if not _codes.has(code):
		return false
	if event.pressed and not event.echo and not _keys.has(code):
		_keys[code] = true
		_tapped[code] = true
		changed = true
	elif not event.pressed and _keys.erase(code):
		changed = true
	return true


func _take_pad(name: String, level: float) -> bool:
	if not _pads.has(name):
		return false
	if level == float(_pad.get(name, 0.0)):
		return true
	if level == 0.0:
		_pad.erase(name)
	else:
		_pad[name] = level
		if absf(level) >= absf(_pad_tapped.get(name, 0.0)):
			_pad_tapped[name] = level
	changed = true
	return true


func _forget_taps() -> void:
	_tapped.clear()
	_pad_tapped.clear()
	_peaks.clear()
