## What each message of the protocol must look like (protocol/SPEC.md sections 4 and 5), as data: a shape is an
## array whose first entry says its kind. In a record, a name that ends in "?" may be left out or be nil.
extends RefCounted

const Limit := WorldsdkProtocol.Limit

const INT := ["int", 0, Limit.MAX_INTEGER]
const MINOR := ["int", 0, 65535]
const SIDE := ["int", 1, 65535]
const CREDIT := ["int", 1, Limit.MAX_CREDIT]
const FLOAT := ["float", -INF, INF]
const DURATION := ["float", 0.0, 1e12]
const BOOL := ["bool"]
const BIN := ["bin"]
const ANY := ["any"]
const NAME := ["string", 1, 64]
const LABEL := ["string", 0, 64]
const ID := ["string", 1, 128]
const DIGEST := ["string", 0, 128]
const REASON := ["string", 0, 256]
const TEXT := ["string", 0, 4096]
const ROLE := ["one_of", ["player", "viewer", "stepper"]]
const MODE := ["one_of", ["realtime", "lockstep"]]
const LEVELS := ["map", FLOAT, 256]
const FREE_MAP := ["map", ANY, Limit.MAX_ITEMS]
const FLOATS := ["list", FLOAT, 0, Limit.MAX_ITEMS]

const CONTROL := ["record", {
	"name": NAME, "kind": ["one_of", ["button", "axis"]], "low": FLOAT, "high": FLOAT,
	"values": ["or_nil", FLOATS], "unit": LABEL, "keys": LEVELS, "pad": LEVELS,
	"mouse": ["or_nil", ["tuple", [["one_of", ["x", "y"]], FLOAT]]], "help": TEXT,
}]
const WORLD := ["record", {"name": NAME, "title": TEXT, "summary": TEXT, "digest": DIGEST, "license": DIGEST}]
const LAYER := ["record", {
	"name": NAME, "low": FLOAT, "high": FLOAT, "unit": LABEL, "encoding": ["one_of", ["u16"]],
}]
const VARIABLE := ["record", {"name": NAME, "low": FLOAT, "high": FLOAT, "unit": LABEL, "cyclic?": BOOL}]
const LIMITS := ["record", {
	"max_message": INT, "input_hz": FLOAT, "command_hz": FLOAT, "keys": INT, "image_bytes": INT,
	"image_pixels": INT, "session_seconds": FLOAT, "idle_seconds": FLOAT, "resume_seconds": FLOAT,
	"rewind_ticks": INT,
}]

## By type: what a client says.
const CLIENT := {
	"hello": {
		"v": ["tuple", [MINOR, MINOR]], "role": ROLE, "mode": MODE, "codecs": ["list", NAME, 1, 16],
		"max_message": ["int", 1024, Limit.MAX_INTEGER], "credit?": CREDIT, "room?": ID, "token?": TEXT,
		"resume?": TEXT, "layers?": ["list", NAME, 0, 16],
		"client?": ["record", {"name?": LABEL, "version?": LABEL, "engine?": LABEL}],
	},
	"input": {
		"seq": INT, "ts": INT, "controls?": LEVELS, "keys?": ["list", NAME, 0, Limit.MAX_KEYS],
		"pad?": LEVELS, "mouse?": ["tuple", [FLOAT, FLOAT]], "ticks?": ["int", 1, Limit.MAX_TICKS],
	},
	"ack": {"seq": INT, "shown?": INT, "credit?": CREDIT},
	"command": {"id": INT, "name": NAME, "args?": FREE_MAP},
	"ping": {"t0": INT},
	"bye": {"reason?": REASON},
}

## By type: what a server says.
const SERVER := {
	"welcome": {
		"v": MINOR, "session": ID, "room": ID, "role": ROLE, "mode": MODE, "resume": TEXT, "world": WORLD,
		"size": ["tuple", [SIDE, SIDE]], "codec": NAME, "rate": ["float", 0.001, 1000.0],
		"budget_ms": DURATION, "tick": INT, "controls": ["list", CONTROL, 0, Limit.MAX_ITEMS],
		"layers": ["list", LAYER, 0, Limit.MAX_ITEMS], "state": ["list", VARIABLE, 0, Limit.MAX_ITEMS],
		"starts": INT, "commands": ["map", FREE_MAP, Limit.MAX_ITEMS], "limits": LIMITS,
		"capabilities": ["list", NAME, 0, Limit.MAX_ITEMS], "credit": CREDIT,
		"server": ["record", {"name": LABEL, "version": LABEL}], "paused": BOOL, "held_seq": INT,
	},
	"frame": {
		"seq": INT, "tick": INT, "pts": INT, "applied": INT, "key": BOOL, "codec": NAME, "data": BIN,
		"reward": FLOAT, "ended": BOOL, "steps": INT, "met": BOOL, "replaced": INT, "ts?": INT,
		"layers?": ["map", BIN, 16], "state?": LEVELS, "truncated?": BOOL, "held?": BOOL,
		"stages?": ["map", DURATION, 32], "total_ms?": DURATION, "queue_ms?": DURATION,
		"encode_ms?": DURATION, "hash?": DIGEST, "drift?": FLOAT,
	},
	"accepted": {"re": INT, "position?": INT},
	"applied": {"re": INT, "tick": INT, "result?": FREE_MAP},
	"error": {
		"code": NAME, "message": TEXT, "retry": BOOL, "fatal": BOOL, "re?": INT, "retry_after_ms?": INT,
		"position?": INT, "detail?": FREE_MAP,
	},
	"event": {"name": NAME, "data?": FREE_MAP},
	"pong": {"t0": INT, "t1": INT, "t2": INT},
	"goaway": {
		"action": ["one_of", ["resume", "reconnect", "stop"]], "reason": REASON, "in_ms": INT, "url?": TEXT,
	},
}

## Returns what is wrong with [param value], naming the place, or "" where it has that [param shape].
static func flaw(value: Variant, shape: Array, at: String) -> String:
	var kind: String = shape[0]
	match kind:
		"any":
			return ""
		"or_nil":
			return "" if value == null else flaw(value, shape[1], at)
		"int":
			return "" if typeof(value) == TYPE_INT and value >= shape[1] and value <= shape[2] else _not(value, at)
		"float":
			var number := typeof(value) == TYPE_FLOAT or typeof(value) == TYPE_INT
			return "" if number and value >= shape[1] and value <= shape[2] else _not(value, at)
		"bool":
			return "" if typeof(value) == TYPE_BOOL else _not(value, at)
		"bin":
			return "" if typeof(value) == TYPE_PACKED_BYTE_ARRAY else "%s is no bin" % at
		"string":
			if typeof(value) != TYPE_STRING:
				return _not(value, at)
			var length := (value as String).length()
			return "" if length >= shape[1] and length <= shape[2] else "%s has %d characters" % [at, length]
		"one_of":
			return "" if typeof(value) == TYPE_STRING and value in shape[1] else _not(value, at)
		"map":
			return _map_flaw(value, shape, at)
		"list", "tuple":
			return _list_flaw(value, shape, at)
	return record_flaw(value, shape[1], at)


## As [method flaw], for a map with the given fields. Fields that nobody knows are allowed.
static func record_flaw(value: Variant, fields: Dictionary, at: String) -> String:
	if typeof(value) != TYPE_DICTIONARY:
		return "%s is no map" % at
	var map: Dictionary = value
	for field: String in fields:
		var key := field.trim_suffix("?")
		var shape: Array = fields[field]
		var item: Variant = map.get(key)
		if item == null and (key != field or (map.has(key) and shape[0] == "or_nil")):
			continue
		var wrong := "%s.%s is missing" % [at, key] if item == null else flaw(item, shape, "%s.%s" % [at, key])
		if not wrong.is_empty():
			return wrong
	return ""


static func _map_flaw(value: Variant, shape: Array, at: String) -> String:
	if typeof(value) != TYPE_DICTIONARY or (value as Dictionary).size() > shape[2]:
		return "%s is no such map" % at
	for key: String in value:
		var wrong := flaw(value[key], shape[1], "%s.%s" % [at, key])
		if not wrong.is_empty():
			return wrong
	return ""


static func _list_flaw(value: Variant, shape: Array, at: String) -> String:
	if typeof(value) != TYPE_ARRAY:
		return "%s is no array" % at
	var items: Array = value
	var tuple: bool = shape[0] == "tuple"
	var least: int = (shape[1] as Array).size() if tuple else int(shape[2])
	var most: int = least if tuple else int(shape[3])
	if items.size() < least or items.size() > most:
		return "%s has %d entries" % [at, items.size()]
	for place in items.size():
		var inner: Array = shape[1][place] if tuple else shape[1]
		var wrong := flaw(items[place], inner, "%s[%d]" % [at, place])
		if not wrong.is_empty():
			return wrong
	return ""


static func _not(value: Variant, at: String) -> String:
	return "%s is %s" % [at, str(value).left(64)]
