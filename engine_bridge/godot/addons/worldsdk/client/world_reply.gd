class_name WorldReply
extends RefCounted
## The answer to a command: [code]var reply := await client.pause()[/code], then look at [member ok].

## Emitted once, when the answer has come or can come no more.
signal finished

## The command's name and arguments.
var command := ""
var args: Dictionary = {}
## Whether the server has taken the command into its line.
var accepted := false
## Whether the answer is final.
var done := false
## Whether the command was applied.
var ok := false
## Error code and sentence where it was not; empty where it was.
var code := ""
var message := ""
## The first tick that it holds for.
var tick := -1
## What the command returned.
var result: Dictionary = {}
## Frames that had come before the answer.
var frames := 0

## Waits for the answer and returns this reply.
func wait() -> WorldReply:
	if not done:
		await finished
	return self


## Used by the client: the command was applied.
func succeed(at_tick: int, result_: Dictionary, frames_: int) -> void:
	if done:
		return
	ok = true
	tick = at_tick
	result = result_
	frames = frames_
	done = true
	finished.emit()


## Used by the client: the command was refused or lost.
func fail(code_: String, message_: String) -> void:
	if done:
		return
	code = code_
	message = message_
	done = true
	finished.emit()
