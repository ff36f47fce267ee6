## One recording's connection: greets the receiver, keeps rows within its window, comes back when it was lost.
##
## The wire is protocol/RECORDING.md. Nothing is kept that cannot be sent: a game that is faster than its receiver
## either waits in [method make_room], or leaves rows out.
extends RefCounted

const Wire := preload("../protocol/wire.gd")
const Msgpack := preload("../protocol/msgpack.gd")
const Codes := preload("../protocol/codes.gd")
const SUBPROTOCOL := WorldsdkProtocol.Recording.SUBPROTOCOL
const RecordLimit := WorldsdkProtocol.RecordLimit

enum State { IDLE, OPENING, GREETING, RECORDING, ENDING, WAITING }

const OPEN_USEC := 5_000_000
const RETRY_USEC := 1_000_000
const BUFFER_BYTES := 16 * 1024 * 1024

## The receiver takes rows now; the dataset has [param frames] already.
signal ready(frames: int)
## It is over: all is written, or [param code] says what went wrong.
signal over(code: String, message: String, frames: int, episodes: int)
## The connection is gone, and is tried again.
signal lost()

var state := State.IDLE
## Rows that the receiver has taken.
var taken := 0
## Rows of the dataset that are on the disk.
var written := 0
var tls: TLSOptions

var _url := ""
var _begin := {}
var _socket: WebSocketPeer
var _since := 0
var _window := 0
var _most := 0
var _sent := 0
var _base := 0
var _greeted := false
var _refused := ""


## Connects and announces [param begin].
func open(url: String, begin: Dictionary) -> void:
	_url = url
	_begin = begin
	taken = 0
	_base = 0
	_greeted = false
	_attempt()


## Whether a row could be sent now.
func has_room() -> bool:
	return state == State.RECORDING and _sent - (taken - _base) < _window and _socket.get_current_outbound_buffered_amount() < BUFFER_BYTES / 2


## Waits until there is room, for at most so many milliseconds. The game stands still meanwhile.
func make_room(milliseconds: int) -> bool:
	var ends := Time.get_ticks_msec() + milliseconds
	while state == State.RECORDING and not has_room():
		if Time.get_ticks_msec() > ends:
			return false
		OS.delay_usec(300)
		process()
	return has_room()


## Sends a row without its number, which is given here. Returns false where the wire has no form for it.
func send_row(row: Dictionary) -> bool:
	row["seq"] = _sent + 1
	var bytes := Wire.write(row)
	if bytes.is_empty() or bytes.size() > _most or _socket.send(bytes) != OK:
		return false
	_sent += 1
	return true


## Asks the receiver to write everything; [signal over] follows.
func finish() -> void:
	if state == State.RECORDING:
		_socket.send(Wire.write({"t": "end"}))
		state = State.ENDING
		_since = Time.get_ticks_usec()
	elif state != State.IDLE and state != State.ENDING:
		_end("", "")


## Sends what is still on its way, for a program that ends; waits for at most so many milliseconds.
func leave(milliseconds: int) -> void:
	finish()
	var ends := Time.get_ticks_msec() + milliseconds
	while state == State.ENDING and Time.get_ticks_msec() < ends:
		OS.delay_usec(300)
		process()


## To be called with each frame of the engine's.
func process() -> void:
	var now := Time.get_ticks_usec()
	if state == State.IDLE:
		return
	if state == State.WAITING:
		if now - _since > RETRY_USEC:
			_attempt()
		return
	_socket.poll()
	if state == State.OPENING and _socket.get_ready_state() == WebSocketPeer.STATE_OPEN:
		_socket.set_no_delay(true)
		_socket.send(Wire.write(_begin))
		state = State.GREETING
	while state != State.IDLE and _socket.get_available_packet_count() > 0:
		_take(_socket.get_packet())
	if state == State.IDLE:
		return
	if _socket.get_ready_state() == WebSocketPeer.STATE_CLOSED:
		_closed()
	elif state in [State.OPENING, State.GREETING] and now - _since > OPEN_USEC:
		_socket.close()
		_gone("%s said nothing for %d s." % [_url, OPEN_USEC / 1_000_000])


func _attempt() -> void:
	_socket = WebSocketPeer.new()
	_socket.supported_protocols = PackedStringArray([SUBPROTOCOL])
	# The engine's own 64 KiB would hold two rows of a small picture, or none of a large one.
	_socket.outbound_buffer_size = BUFFER_BYTES
	_socket.max_queued_packets = 8192
	state = State.OPENING
	_since = Time.get_ticks_usec()
	_refused = ""
	if _socket.connect_to_url(_url, tls) != OK:
		_end("connection_failed", "%s cannot be opened: give an address such as ws://localhost:%d." % [_url, RecordLimit.PORT])


func _take(bytes: PackedByteArray) -> void:
	var reader := Msgpack.Reader.new(bytes)
	var message := reader.message()
	if not reader.error.is_empty():
		_socket.close()
		_end("bad_message", "The receiver broke the protocol: the message %s." % reader.error)
		return
	match message.get("t"):
		"ready":
			_window = int(message.get("window", 1))
			_most = int(message.get("max_message", 0))
			_base = taken
			_sent = 0
			_greeted = true
			state = State.RECORDING
			ready.emit(int(message.get("frames", 0)))
		"receipt":
			taken = _base + int(message.get("seq", 0))
			written = int(message.get("frames", 0))
		"done":
			taken = _base + _sent if state == State.ENDING else taken
			written = int(message.get("frames", 0))
			_socket.close(1000)
			_socket.poll()
			_end("", str(message.get("reason", "")), written, int(message.get("episodes", 0)))
		"error":
			_refused = str(message.get("code", "internal"))
			_end(_refused, str(message.get("message", "")))


func _closed() -> void:
	var code := _socket.get_close_code()
	var said := _socket.get_close_reason()
	if _greeted and code == 1000:
		# The last message may be lost with the connection; the close itself says that all was written.
		_end("", said)
	elif code >= 4000:
		# The reason begins with the code: "record_invalid: row 3, ...".
		var error := said.get_slice(":", 0) if said.contains(":") else "internal"
		_end(error, said.substr(error.length() + 1).strip_edges())
	elif not _greeted:
		_end("connection_failed", "%s does not answer as a receiver: start one with `worldsdk record --listen --out DIR`." % _url)
	else:
		_gone("")


func _gone(why: String) -> void:
	if not _greeted:
		_end("connection_timeout", why)
		return
	state = State.WAITING
	_since = Time.get_ticks_usec()
	lost.emit()


func _end(code: String, message: String, frames: int = 0, episodes: int = 0) -> void:
	state = State.IDLE
	over.emit(code, message, frames if frames > 0 else written, episodes)
