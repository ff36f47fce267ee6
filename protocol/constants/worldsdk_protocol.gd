# Generated from worldsdk/protocol: change that, then run the generator again.
class_name WorldsdkProtocol

## Name and path.
class Protocol:
	const SUBPROTOCOL := "worldsdk.v1.msgpack"
	const PATH := "/play"

## Major and minor.
class Version:
	const MAJOR := 1
	const MINOR := 0

## Values of t that clients send.
class ClientMessage:
	const HELLO := "hello"
	const INPUT := "input"
	const ACK := "ack"
	const COMMAND := "command"
	const PING := "ping"
	const BYE := "bye"

## Values of t that servers send.
class ServerMessage:
	const WELCOME := "welcome"
	const FRAME := "frame"
	const ACCEPTED := "accepted"
	const APPLIED := "applied"
	const ERROR := "error"
	const EVENT := "event"
	const PONG := "pong"
	const GOAWAY := "goaway"

## Values of hello.role.
class Role:
	const PLAYER := "player"
	const VIEWER := "viewer"
	const STEPPER := "stepper"

## Values of hello.mode.
class Mode:
	const REALTIME := "realtime"
	const LOCKSTEP := "lockstep"

## Codecs of frames.
class Codec:
	const RAW_RGB := "raw_rgb"
	const RAW_RGBA := "raw_rgba"
	const JPEG := "jpeg"
	const WEBP := "webp"
	const PNG := "png"
	const H264 := "h264"

## Commands.
class CommandName:
	const START := "start"
	const PAUSE := "pause"
	const RESUME := "resume"
	const RESET := "reset"
	const SPEED := "speed"
	const SNAPSHOT := "snapshot"
	const RESTORE := "restore"
	const FORK := "fork"
	const REWIND := "rewind"
	const OBSERVE := "observe"
	const STATE := "state"
	const QUALITY := "quality"
	const RECORD := "record"
	const PROMPT := "prompt"
	const ANCHOR := "anchor"

## What a server may be able to do.
class Capability:
	const SNAPSHOT := "snapshot"
	const FORK := "fork"
	const REWIND := "rewind"
	const OBSERVE := "observe"
	const STATE := "state"
	const RECORD := "record"
	const RESET := "reset"
	const START := "start"
	const SPEED := "speed"
	const QUALITY := "quality"
	const IMAGE_START := "image_start"
	const PROMPT := "prompt"
	const ANCHOR := "anchor"

## Events.
class EventName:
	const QUEUE := "queue"
	const VIEWERS := "viewers"
	const RECORDING := "recording"
	const QUALITY := "quality"
	const WARNING := "warning"
	const DRIFT := "drift"
	const ENDED := "ended"
	const PAUSED := "paused"
	const RESUMED := "resumed"
	const SPEED := "speed"

## Values of goaway.action.
class GoAwayAction:
	const RESUME := "resume"
	const RECONNECT := "reconnect"
	const STOP := "stop"

## Values of error.code.
class ErrorCode:
	const BAD_MESSAGE := "bad_message"
	const UNAUTHENTICATED := "unauthenticated"
	const FORBIDDEN := "forbidden"
	const NO_ROOM := "no_room"
	const HELLO_TIMEOUT := "hello_timeout"
	const CONFLICT := "conflict"
	const SESSION_OVER := "session_over"
	const TOO_LARGE := "too_large"
	const UNSUPPORTED_VERSION := "unsupported_version"
	const RATE_LIMITED := "rate_limited"
	const INTERNAL := "internal"
	const SESSION_FAILED := "session_failed"
	const NO_CAPACITY := "no_capacity"
	const SLOW_CLIENT := "slow_client"
	const IDLE := "idle"
	const UNKNOWN_TYPE := "unknown_type"
	const UNKNOWN_COMMAND := "unknown_command"
	const CONTROL_INVALID := "control_invalid"
	const VARIABLE_INVALID := "variable_invalid"
	const SESSION_INVALID := "session_invalid"
	const SNAPSHOT_INVALID := "snapshot_invalid"
	const SNAPSHOT_VERSION := "snapshot_version"
	const SNAPSHOT_WORLD := "snapshot_world"
	const SNAPSHOT_CHECKSUM := "snapshot_checksum"
	const NOT_CAPABLE := "not_capable"
	const NOT_ALLOWED := "not_allowed"
	const IMAGE_INVALID := "image_invalid"

## WebSocket close codes.
class CloseCode:
	const NORMAL := 1000
	const GOING_AWAY := 1001
	const BAD_MESSAGE := 4400
	const UNAUTHENTICATED := 4401
	const FORBIDDEN := 4403
	const NO_ROOM := 4404
	const HELLO_TIMEOUT := 4408
	const CONFLICT := 4409
	const SESSION_OVER := 4410
	const TOO_LARGE := 4413
	const UNSUPPORTED_VERSION := 4426
	const RATE_LIMITED := 4429
	const INTERNAL := 4500
	const SESSION_FAILED := 4501
	const NO_CAPACITY := 4503
	const SLOW_CLIENT := 4504
	const IDLE := 4505

## What both sides hold to.
class Limit:
	const MAX_INTEGER := 9007199254740991
	const MAX_DEPTH := 16
	const MAX_VALUES := 16384
	const MAX_ITEMS := 4096
	const MAX_KEYS := 32
	const MAX_CREDIT := 64
	const MAX_TICKS := 1000
	const MAX_MESSAGE_BYTES := 16777216
	const MOST_MALFORMED := 8

## Name and path of the recording protocol.
class Recording:
	const SUBPROTOCOL := "worldsdk.record.v1.msgpack"
	const PATH := "/record"

## Values of t that games send.
class GameMessage:
	const BEGIN := "begin"
	const ROW := "row"
	const END := "end"

## Values of t that receivers send.
class ReceiverMessage:
	const READY := "ready"
	const RECEIPT := "receipt"
	const DONE := "done"
	const ERROR := "error"

## Numbers of the recording protocol.
class RecordLimit:
	const MAJOR := 1
	const MINOR := 0
	const PORT := 8766
	const MAX_SIDE := 1024
	const MAX_ROW_BYTES := 8388608
	const MAX_BEGIN_BYTES := 65536
	const MAX_VARIABLES := 256
	const MAX_LAYERS := 16
	const MAX_WINDOW := 64
