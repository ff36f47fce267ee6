## Godot's physical keys, pad buttons and pad axes under the names that the protocol has for them: W3C
## KeyboardEvent.code and the standard gamepad.
extends RefCounted

const KEYS := {
	KEY_SPACE: "Space", KEY_ENTER: "Enter", KEY_ESCAPE: "Escape", KEY_TAB: "Tab", KEY_BACKSPACE: "Backspace",
	KEY_UP: "ArrowUp", KEY_DOWN: "ArrowDown", KEY_LEFT: "ArrowLeft", KEY_RIGHT: "ArrowRight",
	KEY_INSERT: "Insert", KEY_DELETE: "Delete", KEY_HOME: "Home", KEY_END: "End", KEY_PAGEUP: "PageUp",
	KEY_PAGEDOWN: "PageDown", KEY_CAPSLOCK: "CapsLock", KEY_NUMLOCK: "NumLock", KEY_SCROLLLOCK: "ScrollLock",
	KEY_PAUSE: "Pause", KEY_PRINT: "PrintScreen", KEY_MENU: "ContextMenu",
	KEY_MINUS: "Minus", KEY_EQUAL: "Equal", KEY_BRACKETLEFT: "BracketLeft", KEY_BRACKETRIGHT: "BracketRight",
	KEY_BACKSLASH: "Backslash", KEY_SEMICOLON: "Semicolon", KEY_APOSTROPHE: "Quote", KEY_QUOTELEFT: "Backquote",
	KEY_COMMA: "Comma", KEY_PERIOD: "Period", KEY_SLASH: "Slash", KEY_SECTION: "IntlBackslash",
	KEY_KP_ENTER: "NumpadEnter", KEY_KP_MULTIPLY: "NumpadMultiply", KEY_KP_DIVIDE: "NumpadDivide",
	KEY_KP_SUBTRACT: "NumpadSubtract", KEY_KP_ADD: "NumpadAdd", KEY_KP_PERIOD: "NumpadDecimal",
}
## Keys of which a keyboard has two.
const PAIRS := {KEY_SHIFT: "Shift", KEY_CTRL: "Control", KEY_ALT: "Alt", KEY_META: "Meta"}

const PAD_BUTTONS := {
	JOY_BUTTON_A: "A", JOY_BUTTON_B: "B", JOY_BUTTON_X: "X", JOY_BUTTON_Y: "Y",
	JOY_BUTTON_DPAD_UP: "DPadUp", JOY_BUTTON_DPAD_DOWN: "DPadDown", JOY_BUTTON_DPAD_LEFT: "DPadLeft",
	JOY_BUTTON_DPAD_RIGHT: "DPadRight", JOY_BUTTON_LEFT_SHOULDER: "LeftShoulder",
	JOY_BUTTON_RIGHT_SHOULDER: "RightShoulder", JOY_BUTTON_LEFT_STICK: "LeftStick",
	JOY_BUTTON_RIGHT_STICK: "RightStick", JOY_BUTTON_BACK: "Back", JOY_BUTTON_START: "Start",
	JOY_BUTTON_GUIDE: "Guide",
}
const PAD_AXES := {
	JOY_AXIS_LEFT_X: "LeftStickX", JOY_AXIS_LEFT_Y: "LeftStickY", JOY_AXIS_RIGHT_X: "RightStickX",
	JOY_AXIS_RIGHT_Y: "RightStickY", JOY_AXIS_TRIGGER_LEFT: "LeftTrigger", JOY_AXIS_TRIGGER_RIGHT: "RightTrigger",
}

## The code of the key of an event, or "" for one that has none.
static func of(event: InputEventKey) -> String:
	var key := event.physical_keycode if event.physical_keycode != KEY_NONE else event.keycode
	if key >= KEY_A and key <= KEY_Z:
		return "Key" + String.chr(key)
	if key >= KEY_0 and key <= KEY_9:
		return "Digit" + String.chr(key)
	if key >= KEY_KP_0 and key <= KEY_KP_9:
		return "Numpad%d" % (key - KEY_KP_0)
	if key >= KEY_F1 and key <= KEY_F24:
		return "F%d" % (key - KEY_F1 + 1)
	if PAIRS.has(key):
		return str(PAIRS[key]) + ("Right" if event.location == KEY_LOCATION_RIGHT else "Left")
	return KEYS.get(key, "")
