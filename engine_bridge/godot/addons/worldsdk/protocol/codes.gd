## What error codes and close codes mean, and what to do about each (protocol/SPEC.md section 9).
extends RefCounted

const CloseCode := WorldsdkProtocol.CloseCode

## Code -> [whether trying again may help, what it means, what to do].
const TABLE := {
	"bad_message": [false, "A message was not what the protocol allows there.",
		"Update the add-on and the server to the same release; if both are, report it."],
	"unauthenticated": [false, "The server wants a token, or this one has expired.",
		"Make a fresh one with `worldsdk token` and give it as the option `token`."],
	"forbidden": [false, "The token does not allow this.", "Ask for a token with that role and room."],
	"no_room": [false, "There is no room of that name.", "Check `room`, or leave it empty for one of your own."],
	"hello_timeout": [true, "The greeting came too late.", "Nothing to do: it is tried again."],
	"conflict": [false, "The seat is taken, or the resume token was used before.",
		"Connect anew without a resume token."],
	"session_over": [false, "The session is gone and cannot be resumed.",
		"Connect anew; start the server with `--state DIR` to keep sessions over restarts."],
	"too_large": [false, "A message was larger than its receiver takes.",
		"Raise `max_message`, or ask for a codec that compresses, such as jpeg."],
	"unsupported_version": [false, "Add-on and server share no protocol version.",
		"Update the older of the two."],
	"rate_limited": [true, "Too many messages in too little time.", "Send commands less often."],
	"internal": [true, "The server failed.", "Look into its log; it is tried again."],
	"session_failed": [false, "The model failed, and this session with it.",
		"Connect anew, and look into the server's log."],
	"no_capacity": [true, "The server has no seat free.",
		"Wait, or start it with a larger `--max-sessions`."],
	"slow_client": [true, "Frames were taken too slowly.",
		"Check that the game does not stand still for seconds, or ask for jpeg."],
	"idle": [true, "Nothing was said for too long.", "Connect when somebody plays."],
	"unknown_type": [false, "The server does not know this kind of message.", "Update the server."],
	"unknown_command": [false, "The server does not know this command.", "Update the server."],
	"control_invalid": [false, "The world has no such control.", "Names are in `welcome.controls`."],
	"variable_invalid": [false, "A state variable cannot be set, or not to that value.",
		"`welcome.state` says which are settable, and their range."],
	"session_invalid": [false, "The session cannot do that now.", "The message says why."],
	"snapshot_invalid": [false, "The bytes are no snapshot.", "Give back what `snapshot()` returned."],
	"snapshot_version": [false, "The snapshot's format is of another version.", "Take a new one."],
	"snapshot_world": [false, "The snapshot is of another world.", "Restore it where it was taken."],
	"snapshot_checksum": [false, "The snapshot was altered or cut short.", "Store it as binary data."],
	"not_capable": [false, "This world or server cannot do that.", "`welcome.capabilities` lists what it can."],
	"not_allowed": [false, "The role of this connection may not do that.",
		"Connect as a player, not as a viewer."],
	"image_invalid": [false, "The picture cannot be read, or has a wrong size.",
		"Give PNG, JPEG or WebP, or pixels in the world's own size."],
	"connection_failed": [true, "No worldsdk server answers there.",
		"Start one with `worldsdk serve`, and check the address."],
	"connection_timeout": [true, "The server did not answer in time.", "Check the network and the server's load."],
	"connection_lost": [false, "The connection is gone.", "Connect anew."],
}

## Close code -> error code.
const BY_CLOSE := {
	CloseCode.BAD_MESSAGE: "bad_message", CloseCode.UNAUTHENTICATED: "unauthenticated",
	CloseCode.FORBIDDEN: "forbidden", CloseCode.NO_ROOM: "no_room",
	CloseCode.HELLO_TIMEOUT: "hello_timeout", CloseCode.CONFLICT: "conflict",
	CloseCode.SESSION_OVER: "session_over", CloseCode.TOO_LARGE: "too_large", 1009: "too_large",
	CloseCode.UNSUPPORTED_VERSION: "unsupported_version", CloseCode.RATE_LIMITED: "rate_limited",
	CloseCode.INTERNAL: "internal", CloseCode.SESSION_FAILED: "session_failed",
	CloseCode.NO_CAPACITY: "no_capacity", CloseCode.SLOW_CLIENT: "slow_client", CloseCode.IDLE: "idle",
}

## Whether the same may work later. False for a code that is not known here.
static func retries(code: String) -> bool:
	return TABLE[code][0] if TABLE.has(code) else false


## What happened and what to do, in one line; [param said] is the server's own sentence, if it gave one (as the reason
## of a close it begins with the code).
static func sentence(code: String, said: String = "") -> String:
	var own := said.trim_prefix(code).trim_prefix(": ").left(500)
	if not TABLE.has(code):
		return own if not own.is_empty() else code
	var entry: Array = TABLE[code]
	var what: String = entry[1] if own.is_empty() else own
	var whole := "%s %s" % [what if what.ends_with(".") else what + ".", entry[2]]
	if code == "unsupported_version":
		var version := WorldsdkProtocol.Version
		whole += " This add-on speaks protocol %d.0 to %d.%d." % [version.MAJOR, version.MAJOR, version.MINOR]
	return whole
