## From bytes to checked messages and back: the one door through which the network comes in.
extends RefCounted

const Msgpack := preload("msgpack.gd")
const Shapes := preload("shapes.gd")

## A message, or why there is none.
class Reading:
	extends RefCounted
	## The message; empty where [member code] says why not.
	var message := {}
	## The protocol's error code, or "" for a good message.
	var code := ""
	## The reason, for people.
	var reason := ""

	func _init(code_: String = "", reason_: String = "") -> void:
		code = code_
		reason = reason_


## Reads one message that [param sender] ("client" or "server") wrote.
static func read(bytes: PackedByteArray, sender: String, max_bytes: int) -> Reading:
	if bytes.size() > max_bytes:
		return Reading.new("too_large", "a message of %d bytes, above the %d allowed" % [bytes.size(), max_bytes])
	var reader := Msgpack.Reader.new(bytes)
	var message := reader.message()
	if not reader.error.is_empty():
		return Reading.new("bad_message", "the message " + reader.error)
	var kind: Variant = message.get("t")
	if typeof(kind) != TYPE_STRING:
		return Reading.new("bad_message", "the message has no type")
	var shapes := Shapes.SERVER if sender == "server" else Shapes.CLIENT
	if not shapes.has(kind):
		return Reading.new("unknown_type", "there is no message %s from a %s" % [kind, sender])
	var wrong := Shapes.record_flaw(message, shapes[kind], kind)
	if not wrong.is_empty():
		return Reading.new("bad_message", wrong)
	var reading := Reading.new()
	reading.message = message
	return reading


## The bytes of a message of this client.
static func write(message: Dictionary) -> PackedByteArray:
	return Msgpack.pack(message)
