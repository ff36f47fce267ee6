## What a world can be asked for. The base of [WorldClient]: everything here becomes a command.
##
## Every verb can be awaited and returns a [WorldReply] unless it says otherwise. Where the server or the world
## lacks the capability nothing is sent: the reply says [code]not_capable[/code], and so does
## [signal WorldClient.failed].
extends Node

## Command -> the capability that it needs.
const NEEDS := {
	"snapshot": "snapshot", "restore": "snapshot", "fork": "fork", "rewind": "rewind", "observe": "observe",
	"record": "record", "reset": "reset", "start": "start", "speed": "speed", "quality": "quality",
	"prompt": "prompt", "anchor": "anchor", "state": "state",
}

## What the server said about itself and its world when it let this client in: size, rate, controls, layers,
## state, commands, limits, capabilities (protocol/SPEC.md section 5). Empty until then.
var welcome: Dictionary = {}

## Begins anew: the noise's seed, and which of the world's [code]welcome.starts[/code] beginnings.
func start(seed_value: int = 0, start_index: int = 0) -> WorldReply:
	return await _jump("start", {"seed": seed_value, "start": start_index})


## Begins anew from a picture ([Image] or [Texture2D]), where the world has the capability
## [code]image_start[/code].
func start_from_image(picture: Variant, seed_value: int = 0) -> WorldReply:
	if not "image_start" in welcome.get("capabilities", []):
		return _refuse("start", "not_capable", "%s cannot start from a picture." % _title())
	var bytes := _encoded(picture)
	if bytes.is_empty():
		return _no_picture("start")
	return await _jump("start", {"seed": seed_value, "image": bytes})


## Begins again; -1 keeps the seed or the start that it had.
func reset(seed_value: int = -1, start_index: int = -1) -> WorldReply:
	var args := {}
	if seed_value >= 0:
		args["seed"] = seed_value
	if start_index >= 0:
		args["start"] = start_index
	return await _jump("reset", args)


## Real time: the world stands still.
func pause() -> WorldReply:
	return await command("pause")


## Real time: the world goes on.
func resume() -> WorldReply:
	return await command("resume")


## Real time: times the world's own rate, 0.1 to 4.
func set_speed(factor: float) -> WorldReply:
	if factor < 0.1 or factor > 4.0:
		return _refuse("speed", "bad_message", "The speed is %s: give 0.1 to 4." % factor)
	return await command("speed", {"factor": factor})


## Everything that the next frame depends on, for [method restore]; empty where it failed.
func snapshot() -> PackedByteArray:
	var reply := await command("snapshot")
	return reply.result.get("snapshot", PackedByteArray())


## Goes on from a snapshot.
func restore(bytes: PackedByteArray) -> WorldReply:
	var most: int = welcome.get("limits", {}).get("max_message", 0)
	if most > 0 and bytes.size() + 256 > most:
		return _refuse("restore", "too_large", "The snapshot has %d bytes, and this server takes %d." % [bytes.size(), most - 256])
	return await _jump("restore", {"snapshot": bytes})


## An independent twin in a room of its own: [code]room[/code], [code]session[/code] and [code]resume[/code]. To
## join it give [code]{"resume": ...}[/code] to another client's [method WorldClient.connect_to_world]. Empty where
## it failed.
func fork() -> Dictionary:
	var reply := await command("fork")
	return reply.result


## Goes back so many ticks.
func rewind(ticks: int) -> WorldReply:
	return await _jump("rewind", {"ticks": maxi(0, ticks)})


## Appends a real frame to the world's memory instead of a generated one: an [Image] or [Texture2D] of any size, or
## raw RGB bytes in the world's. [param controls]: name -> value, what was held during it.
func observe(picture: Variant, controls: Dictionary = {}) -> WorldReply:
	var args := {"controls": controls}
	if typeof(picture) == TYPE_PACKED_BYTE_ARRAY:
		args["pixels"] = picture
	else:
		var image := picture_of(picture)
		if image == null:
			return _no_picture("observe")
		args["pixels"] = fitted(image, world_size()).get_data()
	return await command("observe", args)


## Sets numbers of the world's state, such as the pose, where the server offers the command [code]state[/code].
func set_state(values: Dictionary) -> WorldReply:
	return await command("state", {"values": values})


## Any of [code]steps[/code], [code]codec[/code], [code]jpeg_quality[/code], [code]credit[/code] and
## [code]hash[/code]; what is left out stays.
func set_quality(options: Dictionary) -> WorldReply:
	return await command("quality", options)


## Tells the world in words what it should be.
func set_prompt(text: String) -> WorldReply:
	return await command("prompt", {"text": text})


## Shows the world a picture ([Image] or [Texture2D]) that it should stay close to.
func set_anchor(picture: Variant) -> WorldReply:
	var bytes := _encoded(picture)
	return _no_picture("anchor") if bytes.is_empty() else await command("anchor", {"image": bytes})


## Starts or stops the server's own log of inputs; the result's [code]name[/code] is the log's.
func record(on: bool = true) -> WorldReply:
	return await command("record", {"on": on})


## Any command of the server's.
func command(name_: String, args: Dictionary = {}) -> WorldReply:
	return await _ask(name_, args).wait()


## Whether the server lets this client give a command.
func can(name_: String) -> bool:
	if not welcome.get("commands", {}).has(name_):
		return false
	return not NEEDS.has(name_) or NEEDS[name_] in welcome["capabilities"]


## Width and height of the world's frames in pixels; zero until connected.
func world_size() -> Vector2i:
	var size: Array = welcome.get("size", [0, 0])
	return Vector2i(size[0], size[1])


## The [Image] of an [Image], a [Texture2D] or a [SubViewport]; null of anything else.
static func picture_of(source: Variant) -> Image:
	if source is Image:
		return source
	if source is SubViewport:
		return (source as SubViewport).get_texture().get_image()
	if source is Texture2D:
		return (source as Texture2D).get_image()
	return null


## A copy of a picture as RGB of 8 bit in a size; scaled down smoothly.
static func fitted(image: Image, size: Vector2i) -> Image:
	var copy: Image = image.duplicate()
	if copy.is_compressed():
		copy.decompress()
	if copy.has_mipmaps():
		copy.clear_mipmaps()
	copy.convert(Image.FORMAT_RGB8)
	if size != Vector2i.ZERO and copy.get_size() != size:
		copy.resize(size.x, size.y, Image.INTERPOLATE_LANCZOS)
	return copy


## Sends a command, or refuses it here; [WorldClient] knows how.
func _ask(_name: String, _args: Dictionary) -> WorldReply:
	return WorldReply.new()


## A command that moves the world in time: done when a frame of there has come, too.
func _jump(name_: String, args: Dictionary) -> WorldReply:
	return await command(name_, args)


func _refuse(name_: String, code: String, message: String) -> WorldReply:
	var reply := WorldReply.new()
	reply.command = name_
	reply.fail(code, message)
	return reply


func _no_picture(name_: String) -> WorldReply:
	return _refuse(name_, "image_invalid", "There is no picture: give an Image, a Texture2D or a SubViewport.")


func _encoded(picture: Variant) -> PackedByteArray:
	var image := picture_of(picture)
	return PackedByteArray() if image == null else fitted(image, world_size()).save_png_to_buffer()


func _title() -> String:
	return str(welcome.get("world", {}).get("title", "This world"))
