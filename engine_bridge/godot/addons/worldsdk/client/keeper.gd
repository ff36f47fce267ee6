## Keeps a dialogue connected: opens the socket, watches over it, and takes a lost connection up again.
extends RefCounted

const Dialogue := preload("dialogue.gd")
const Codes := preload("../protocol/codes.gd")
const Backoff := preload("backoff.gd")
const SUBPROTOCOL := WorldsdkProtocol.Protocol.SUBPROTOCOL

enum State { IDLE, OPENING, GREETING, PLAYING, WAITING, CLOSING }

## For TCP, TLS, the handshake and `welcome`.
const OPEN_USEC := 10_000_000
## Without a single byte, though pinged: the path is dead, even if nobody has closed it.
const SILENCE_USEC := 10_000_000
const PING_USEC := 1_000_000
## A game that stood still for so long (loading, a debugger) has heard nothing because it did not listen.
const STALL_USEC := 1_000_000
## Until a server that was told goodbye has closed.
const CLOSE_USEC := 1_000_000

## The connection ended; [param will_retry] says whether another attempt follows.
signal ended(code: int, error: String, reason: String, will_retry: bool)

var state := State.IDLE
var dialogue := Dialogue.new()
var url := ""
var token := ""
var tls: TLSOptions
var reconnect_seconds := 30.0

var _socket: WebSocketPeer
var _resume := ""
var _backoff: Backoff
var _since := 0
var _heard := 0
var _pinged := 0
var _turned := 0
var _wait_until := 0
var _goodbye := ""

func _init() -> void:
	# Before anybody else hears of it: whoever does may give commands at once.
	dialogue.welcomed.connect(_on_welcomed)


## Begins to connect. [param resume] is a token of a session that exists, or "".
func open(resume: String) -> void:
	_resume = resume
	_backoff = null
	_attempt(Time.get_ticks_usec())


## Says goodbye and lets the server close; without a server it is over at once.
func close(reason: String) -> void:
	if state == State.PLAYING:
		dialogue.bye(reason)
		flush()
		state = State.CLOSING
		_goodbye = reason
		_since = Time.get_ticks_usec()
	elif state != State.IDLE and state != State.CLOSING:
		_drop()
		_end(1000, "", reason, false)


## Leaves at once, with what can still be sent: for a program that ends.
func leave() -> void:
	if state == State.PLAYING or state == State.GREETING:
		dialogue.bye("")
		flush()
		_socket.poll()
	_drop()
	state = State.IDLE


## To be called with each frame of the engine's.
func process() -> void:
	var now := Time.get_ticks_usec()
	var stalled := now - _turned > STALL_USEC
	_turned = now
	match state:
		State.IDLE:
			return
		State.WAITING:
			if now >= _wait_until:
				_attempt(now)
			return
	_socket.poll()
	if stalled:
		_since = maxi(_since, now - PING_USEC) if state != State.CLOSING else _since
		_heard = now
	if state == State.OPENING and _socket.get_ready_state() == WebSocketPeer.STATE_OPEN:
		_greet(now)
	_take()
	if state == State.IDLE or state == State.WAITING:
		return
	# The engine gives out nothing that came in the same moment as the end: the reason of the close must do then.
	if _socket.get_ready_state() == WebSocketPeer.STATE_CLOSED:
		_closed(_socket.get_close_code(), _socket.get_close_reason())
	else:
		_watch(now)


## Sends what the dialogue has to say.
func flush() -> void:
	if state != State.PLAYING and state != State.GREETING:
		return
	while not dialogue.outgoing.is_empty() and _socket.get_ready_state() == WebSocketPeer.STATE_OPEN:
		if _socket.send(dialogue.outgoing.pop_front()) != OK:
			return


func _attempt(now: int) -> void:
	_socket = WebSocketPeer.new()
	_socket.supported_protocols = PackedStringArray([SUBPROTOCOL])
	# Both must be set before connecting. The engine's 64 KiB would end the connection at the first larger
	# message; a second one may lie in the buffer while the first is being read.
	_socket.inbound_buffer_size = 2 * int(dialogue.wishes["max_message"])
	_socket.outbound_buffer_size = 2 * int(dialogue.wishes["max_message"])
	state = State.OPENING
	_since = now
	if _socket.connect_to_url(url, tls) != OK:
		_end(-1, "connection_failed", Codes.sentence("connection_failed", "%s cannot be opened." % url), false)


func _greet(now: int) -> void:
	_socket.set_no_delay(true)
	if _socket.get_selected_protocol() != SUBPROTOCOL:
		_drop()
		_end(-1, "unsupported_version", Codes.sentence("unsupported_version", "%s does not speak %s" % [url, SUBPROTOCOL]), false)
		return
	state = State.GREETING
	_heard = now
	_pinged = now
	_socket.send(dialogue.open(token, _resume))


func _take() -> void:
	while _socket.get_available_packet_count() > 0:
		var packet := _socket.get_packet()
		var now := Time.get_ticks_usec()
		_heard = now
		dialogue.receive(packet, now)
		if state == State.IDLE:
			return
		if not dialogue.broken.is_empty():
			_socket.close(4400, "protocol broken")
			_drop()
			_end(4400, "bad_message", Codes.sentence("bad_message", dialogue.broken), false)
			return


func _on_welcomed(_welcome: Dictionary) -> void:
	state = State.PLAYING
	_resume = ""
	if _backoff != null and _backoff.attempts > 0 and dialogue.frames > 0:
		dialogue.meter.reconnects += 1
	_backoff = null


func _watch(now: int) -> void:
	match state:
		State.CLOSING:
			if now - _since > CLOSE_USEC:
				_drop()
				_end(1000, "", _goodbye, false)
		State.OPENING, State.GREETING:
			if now - _since > OPEN_USEC:
				_drop()
				_lost(-1, "connection_timeout", Codes.sentence("connection_timeout", "%s said nothing for %d s." % [url, OPEN_USEC / 1_000_000]), true)
		State.PLAYING:
			if now - _heard > SILENCE_USEC:
				_drop()
				_lost(-1, "connection_timeout", Codes.sentence("connection_timeout", "The server was silent for %d s." % (SILENCE_USEC / 1_000_000)), true)
			elif now - _pinged >= PING_USEC:
				_pinged = now
				dialogue.ping(now)
			flush()


## Decides, from how a connection closed, whether coming back can help.
func _closed(code: int, said: String) -> void:
	if state == State.CLOSING:
		_end(1000, "", _goodbye, false)
		return
	var greeted := state == State.PLAYING
	var viewer: bool = dialogue.wishes["role"] == "viewer"
	if not dialogue.fatal.is_empty():
		var error: String = dialogue.fatal["code"]
		# Nobody is there to play: coming back by itself would keep the seat for ever.
		var idle: bool = error == "idle" and dialogue.wishes["mode"] == "realtime"
		_lost(code, error, dialogue.fatal["message"], dialogue.fatal["retry"] and not idle)
	elif not dialogue.goaway.is_empty():
		var action: String = dialogue.goaway["action"]
		var elsewhere: Variant = dialogue.goaway.get("url")
		if elsewhere != null:
			url = elsewhere
		var why := "The server ended the session: %s" % dialogue.goaway["reason"]
		_lost(code, "connection_lost", Codes.sentence("connection_lost", why), action == "resume" or (action == "reconnect" and viewer))
	elif Codes.BY_CLOSE.has(code):
		var error: String = Codes.BY_CLOSE[code]
		_lost(code, error, Codes.sentence(error, said), Codes.retries(error))
	elif not greeted:
		var what := "%s does not answer as a worldsdk server of protocol %d (a refused handshake, or nobody there)." % [url, WorldsdkProtocol.Version.MAJOR]
		_lost(code, "connection_failed", Codes.sentence("connection_failed", what), true)
	elif code == 1000:
		_end(code, "connection_lost", Codes.sentence("connection_lost", "The server ended the session%s" % (": " + said if said else "")), false)
	else:
		_lost(code, "connection_lost", "The connection was lost.", viewer or not dialogue.resume_token.is_empty())


func _lost(code: int, error: String, reason: String, retry: bool) -> void:
	var now := Time.get_ticks_usec()
	if _backoff == null:
		_backoff = Backoff.new(reconnect_seconds, now)
	var wait := -1.0
	if retry and reconnect_seconds > 0.0:
		wait = _backoff.next(now, float(dialogue.fatal.get("after_ms", 0)) / 1000.0)
	if wait < 0.0:
		_end(code, error, reason, false)
		return
	state = State.WAITING
	_wait_until = now + int(wait * 1e6)
	ended.emit(code, error, reason, true)


func _end(code: int, error: String, reason: String, will_retry: bool) -> void:
	state = State.IDLE
	var final := reason if not reason.is_empty() else "closed"
	dialogue.give_up(error if not error.is_empty() else "connection_lost", final)
	dialogue.resume_token = ""
	ended.emit(code, error, reason, will_retry)


func _drop() -> void:
	if _socket != null:
		_socket.close()
