@icon("../icons/world_frame.svg")
class_name WorldFrame
extends RefCounted
## One picture of a world, and what came with it.
##
## The picture is decoded when [method image] is first called, so that frames which are never shown cost nothing.

## Number of the frame in its connection, from 1.
var seq := 0
## The world's tick that the frame shows.
var tick := 0
## Server's clock in microseconds when the tick was done.
var pts := 0
## Number of this client's newest input that is in the picture; 0 where there is none.
var applied := 0
## Own clock in microseconds when that input was sent; -1 where there is none.
var ts := -1
## Own clock ([method Time.get_ticks_usec]) when the frame arrived.
var arrived := 0
## Size in pixels.
var size := Vector2i.ZERO
## Codec of [member data].
var codec := ""
## The picture as it travelled.
var data := PackedByteArray()
## Since the frame before; a sum over ticks in lockstep.
var reward := 0.0
## Whether the world came to its end.
var ended := false
## Whether a limit, not the world, ended the episode.
var truncated := false
## Whether the picture repeats the last one for want of time.
var held := false
## Whether the tick met its deadline.
var met := true
## Denoising steps that were taken.
var steps := 0
## Frames that newer ones replaced on the way since the last one that arrived.
var replaced := 0
## Numbers that describe the world at this tick, such as x, y and heading. Units are in [code]welcome.state[/code].
var state: Dictionary = {}
## Name -> little-endian uint16 of [code]height * width[/code], as they travelled. See [method layer_image].
var layers: Dictionary = {}
## Milliseconds by stage of the tick.
var stages: Dictionary = {}
## Milliseconds: of the tick; from the input's arrival to the tick; for encoding.
var total_ms := 0.0
var queue_ms := 0.0
var encode_ms := 0.0
## Digest of the frame before any codec, hex: in lockstep, and where quality asked for it.
var digest := ""
## How far the model says that it is from what it knows; NaN where it does not say.
var drift := NAN

var _image: Image
var _described: Dictionary = {}

## From a checked frame message. [param described] maps layer names to their entry in [code]welcome.layers[/code].
static func from_message(message: Dictionary, size_: Vector2i, described: Dictionary, now: int) -> WorldFrame:
	var frame := WorldFrame.new()
	for key: String in ["seq", "tick", "pts", "applied", "codec", "data", "ended", "met", "steps", "replaced"]:
		frame.set(key, message[key])
	frame.reward = float(message["reward"])
	for key: String in ["truncated", "held", "state", "layers", "stages", "total_ms", "queue_ms", "encode_ms", "ts"]:
		if message.get(key) != null:
			frame.set(key, message[key])
	if message.get("hash") != null:
		frame.digest = message["hash"]
	if message.get("drift") != null:
		frame.drift = float(message["drift"])
	frame.size = size_
	frame.arrived = now
	frame._described = described
	return frame


## Milliseconds since the frame arrived.
func age_ms() -> float:
	return (Time.get_ticks_usec() - arrived) / 1000.0


## The picture (RGB or RGBA, 8 bit), or null where its bytes are no picture of [member size].
func image() -> Image:
	if _image == null:
		_image = _decode()
	return _image


## A layer as two bytes for each pixel, low byte in red and high byte in green: exact, and never looped over.
## Null where the frame has no such layer. In a shader the value is
## [code]low + (high - low) * (texel.r + 256.0 * texel.g) * 255.0 / 65535.0[/code].
func layer_image(layer: String) -> Image:
	var bytes: PackedByteArray = layers.get(layer, PackedByteArray())
	if bytes.is_empty() or bytes.size() != 2 * size.x * size.y:
		return null
	return Image.create_from_data(size.x, size.y, false, Image.FORMAT_RG8, bytes)


## The least and greatest value that a layer can have, in its unit; zero where the layer is not known.
func layer_range(layer: String) -> Vector2:
	var described: Dictionary = _described.get(layer, {})
	return Vector2(described.get("low", 0.0), described.get("high", 0.0))


## A layer's value at a pixel, in its unit; NaN outside the picture or without that layer.
func layer_value(layer: String, x: int, y: int) -> float:
	var bytes: PackedByteArray = layers.get(layer, PackedByteArray())
	if x < 0 or y < 0 or x >= size.x or y >= size.y or bytes.size() != 2 * size.x * size.y:
		return NAN
	var between := layer_range(layer)
	return lerpf(between.x, between.y, bytes.decode_u16(2 * (y * size.x + x)) / 65535.0)


func _decode() -> Image:
	match codec:
		"raw_rgb":
			return _raw(3, Image.FORMAT_RGB8)
		"raw_rgba":
			return _raw(4, Image.FORMAT_RGBA8)
	var picture := Image.new()
	var error := ERR_UNAVAILABLE
	match codec:
		"jpeg":
			error = picture.load_jpg_from_buffer(data)
		"webp":
			error = picture.load_webp_from_buffer(data)
		"png":
			error = picture.load_png_from_buffer(data)
	if error != OK or picture.get_size() != size:
		return null
	return picture


func _raw(channels: int, format: Image.Format) -> Image:
	if data.size() != channels * size.x * size.y:
		return null
	return Image.create_from_data(size.x, size.y, false, format, data)
