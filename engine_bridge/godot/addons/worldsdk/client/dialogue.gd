## One client's side of a session, across all of its connections: bytes in, bytes out, no socket, no waiting.
extends RefCounted

const Wire := preload("../protocol/wire.gd")
const Codes := preload("../protocol/codes.gd")
const Meter := preload("meter.gd")

## Sent with `hello`, for the server's log.
const VERSION := "1.0"
## Commands that may be sent again when it is not known whether they arrived: twice does what once does.
const REPEATABLE := ["pause", "resume", "reset", "start", "speed", "snapshot", "restore", "quality"]
## Commands after which an earlier input says nothing about how long inputs take to be seen.
const TIME_CHANGING := ["pause", "resume", "reset", "start", "restore", "rewind", "speed", "observe"]

signal welcomed(welcome: Dictionary)
signal framed(frame: WorldFrame)
signal answered(reply: WorldReply)
signal told(name: String, data: Dictionary)
## An error that no command of ours caused.
signal complained(code: String, message: String)

## What `hello` asks for: role, mode, codecs, layers, credit, max_message, room.
var wishes: Dictionary = {}
## Of the latest connection; empty until it came.
var welcome: Dictionary = {}
var resume_token := ""
var room := ""
var paused := false
var speed := 1.0
## Number of the newest input.
var seq := 0
## Frames over all connections.
var frames := 0
var outgoing: Array[PackedByteArray] = []
## {"code", "message", "retry", "after_ms"} once the server said that it will not go on.
var fatal: Dictionary = {}
var goaway: Dictionary = {}
## What the server did against the protocol; the connection is of no use then.
var broken := ""
var meter := Meter.new()

var _size := Vector2i.ZERO
var _described: Dictionary = {}
var _frame_seq := 0
var _unacked := 0
var _ids := 0
var _asked: Dictionary = {}
var _newest: Dictionary = {}

## A new connection begins: what the old one left is forgotten. Returns the `hello` to send first.
func open(token: String, resume: String) -> PackedByteArray:
	outgoing.clear()
	welcome = {}
	fatal = {}
	goaway = {}
	broken = ""
	_frame_seq = 0
	_unacked = 0
	var hello := {
		"t": "hello", "v": [0, WorldsdkProtocol.Version.MINOR], "role": wishes["role"], "mode": wishes["mode"],
		"codecs": Array(wishes["codecs"]), "max_message": wishes["max_message"], "credit": wishes["credit"],
		"layers": Array(wishes["layers"]),
		"client": {"name": "worldsdk-godot", "version": VERSION, "engine": "Godot " + str(Engine.get_version_info()["string"]).left(48)},
	}
	# Viewers have no token to come back with, only the room's name.
	var wanted: String = wishes["room"]
	if wanted.is_empty() and wishes["role"] == "viewer":
		wanted = room
	if not wanted.is_empty():
		hello["room"] = wanted
	if not token.is_empty():
		hello["token"] = token
	var back := resume if not resume.is_empty() else resume_token
	if not back.is_empty():
		hello["resume"] = back
	return Wire.write(hello)


## Queues an input: all that is held now. Returns its number.
func input(held: Dictionary, now: int) -> int:
	_newest = held
	seq += 1
	var message := {"t": "input", "seq": seq, "ts": now}
	message.merge(held)
	outgoing.append(Wire.write(message))
	return seq


## Queues a command; the reply is filled in when its answer comes.
func command(name: String, args: Dictionary) -> WorldReply:
	var reply := WorldReply.new()
	reply.command = name
	reply.args = args
	_say(reply)
	return reply


func ping(now: int) -> void:
	outgoing.append(Wire.write({"t": "ping", "t0": now}))


func bye(reason: String) -> void:
	outgoing.append(Wire.write({"t": "bye", "reason": reason.left(256)}))


## A frame is on the screen since [param now].
func shown(frame: WorldFrame, now: int) -> void:
	meter.shown(frame, now)
	if not welcome.is_empty() and frame.seq <= _frame_seq:
		outgoing.append(Wire.write({"t": "ack", "seq": frame.seq, "shown": now}))


## Ends all that still waits for an answer.
func give_up(code: String, message: String) -> void:
	var lost := _asked.values()
	_asked = {}
	for reply: WorldReply in lost:
		reply.fail(code, message)
		answered.emit(reply)


## Takes one message of the server's.
func receive(bytes: PackedByteArray, now: int) -> void:
	var reading := Wire.read(bytes, "server", wishes["max_message"])
	if reading.code == "unknown_type":
		return
	if not reading.code.is_empty():
		broken = "The server broke the protocol: %s." % reading.reason
		return
	var message := reading.message
	match message["t"]:
		"frame":
			_frame(message, now)
		"welcome":
			_welcome(message)
		"pong":
			meter.pong(message["t0"], message["t1"], message["t2"], now)
		"accepted":
			if _asked.has(message["re"]):
				(_asked[message["re"]] as WorldReply).accepted = true
		"applied":
			_applied(message)
		"error":
			_error(message)
		"event":
			_event(message)
		"goaway":
			goaway = message


func _welcome(message: Dictionary) -> void:
	welcome = message
	paused = message["paused"]
	resume_token = message["resume"]
	room = message["room"]
	_size = Vector2i(message["size"][0], message["size"][1])
	_described = {}
	for layer: Dictionary in message["layers"]:
		_described[layer["name"]] = layer
	_resend(message["held_seq"])
	welcomed.emit(message)


## After a resume: what the server did not get is said again, what cannot be repeated is given up.
func _resend(held_seq: int) -> void:
	outgoing.clear()
	meter.renumber(held_seq)
	var unheard := not _newest.is_empty() and seq > held_seq
	seq = held_seq
	if unheard:
		input(_newest, Time.get_ticks_usec())
	var lost := _asked.values()
	_asked = {}
	_ids = 0
	for reply: WorldReply in lost:
		if reply.command in REPEATABLE:
			_say(reply)
		else:
			reply.fail("connection_lost", "The connection was lost while %s was on its way: it may or may not have happened, which the tick tells." % reply.command)
			answered.emit(reply)


func _frame(message: Dictionary, now: int) -> void:
	if welcome.is_empty():
		broken = "The server sent a frame before its welcome."
		return
	_frame_seq = message["seq"]
	_unacked += 1
	# In lockstep half a window is enough: an input asks for each frame there.
	if welcome["mode"] == "realtime" or 2 * _unacked >= int(welcome["credit"]):
		_unacked = 0
		outgoing.append(Wire.write({"t": "ack", "seq": _frame_seq}))
	var frame := WorldFrame.from_message(message, _size, _described, now)
	frames += 1
	meter.frame(frame)
	framed.emit(frame)


func _applied(message: Dictionary) -> void:
	var reply: WorldReply = _asked.get(message["re"])
	if reply == null:
		return
	_asked.erase(message["re"])
	if reply.command in TIME_CHANGING:
		meter.skip(seq)
	if reply.command in ["pause", "resume"]:
		paused = reply.command == "pause"
	elif reply.command == "speed":
		speed = reply.args["factor"]
	var result: Variant = message.get("result")
	reply.succeed(message["tick"], result if result != null else {}, frames)
	answered.emit(reply)


func _error(message: Dictionary) -> void:
	var code: String = message["code"]
	var text := Codes.sentence(code, message["message"])
	var reply: WorldReply = _asked.get(message.get("re", -1))
	if reply != null:
		_asked.erase(message["re"])
		reply.fail(code, text)
		answered.emit(reply)
	if message["fatal"]:
		var after: Variant = message.get("retry_after_ms")
		fatal = {"code": code, "message": text, "retry": message["retry"], "after_ms": after if after != null else 0}
	elif reply == null:
		complained.emit(code, text)


func _event(message: Dictionary) -> void:
	var raw: Variant = message.get("data")
	var data: Dictionary = raw if raw != null else {}
	match message["name"]:
		"paused":
			paused = true
			meter.skip(seq)
		"resumed":
			paused = false
		"speed":
			var factor: Variant = data.get("factor")
			if (typeof(factor) == TYPE_FLOAT or typeof(factor) == TYPE_INT) and factor > 0:
				speed = float(factor)
	told.emit(message["name"], data)


func _say(reply: WorldReply) -> void:
	var bytes := Wire.write({"t": "command", "id": _ids + 1, "name": reply.command, "args": reply.args})
	if bytes.is_empty():
		reply.fail("bad_message", "The arguments of %s hold what cannot be sent: use numbers, strings, bytes, arrays and maps." % reply.command)
		answered.emit(reply)
		return
	_ids += 1
	_asked[_ids] = reply
	outgoing.append(bytes)
