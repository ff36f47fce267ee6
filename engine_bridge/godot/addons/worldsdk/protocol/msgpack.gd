## MessagePack as the worldsdk protocol uses it: nil, bool, integers, floats, strings, bin, arrays and maps with
## string keys (protocol/SPEC.md section 2). Nothing is ever evaluated, and bin is copied out in one piece.
##
## A Godot [int] travels as an integer and a [float] as a float of 64 bits, so the two stay apart both ways.
extends RefCounted

const Limit := WorldsdkProtocol.Limit

## Returns the bytes of [param message], or an empty array where it holds what the protocol cannot say: another
## type, a number beyond 2^53 - 1, NaN or infinity, a key that is no string, or nesting deeper than 16.
static func pack(message: Dictionary) -> PackedByteArray:
	var out := StreamPeerBuffer.new()
	out.big_endian = true
	if not _put(out, message, 1):
		return PackedByteArray()
	return out.data_array


static func _put(out: StreamPeerBuffer, value: Variant, depth: int) -> bool:
	match typeof(value):
		TYPE_NIL:
			out.put_u8(0xc0)
		TYPE_BOOL:
			out.put_u8(0xc3 if value else 0xc2)
		TYPE_INT:
			return _put_int(out, value)
		TYPE_FLOAT:
			var number: float = value
			if not is_finite(number):
				return false
			out.put_u8(0xcb)
			out.put_double(number)
		TYPE_STRING, TYPE_STRING_NAME:
			_put_string(out, String(value))
		TYPE_PACKED_BYTE_ARRAY:
			_put_bin(out, value)
		TYPE_ARRAY, TYPE_PACKED_STRING_ARRAY, TYPE_PACKED_INT32_ARRAY, TYPE_PACKED_INT64_ARRAY, \
		TYPE_PACKED_FLOAT32_ARRAY, TYPE_PACKED_FLOAT64_ARRAY:
			return _put_array(out, Array(value), depth)
		TYPE_DICTIONARY:
			return _put_map(out, value, depth)
		_:
			return false
	return true


static func _put_int(out: StreamPeerBuffer, number: int) -> bool:
	if number > Limit.MAX_INTEGER or number < -Limit.MAX_INTEGER:
		return false
	if number >= 0:
		if number < 0x80:
			out.put_u8(number)
		elif number <= 0xff:
			out.put_u8(0xcc)
			out.put_u8(number)
		elif number <= 0xffff:
			out.put_u8(0xcd)
			out.put_u16(number)
		elif number <= 0xffffffff:
			out.put_u8(0xce)
			out.put_u32(number)
		else:
			out.put_u8(0xcf)
			out.put_u64(number)
	elif number >= -0x20:
		out.put_8(number)
	elif number >= -0x80:
		out.put_u8(0xd0)
		out.put_8(number)
	elif number >= -0x8000:
		out.put_u8(0xd1)
		out.put_16(number)
	elif number >= -0x80000000:
		out.put_u8(0xd2)
		out.put_32(number)
	else:
		out.put_u8(0xd3)
		out.put_64(number)
	return true


static func _put_string(out: StreamPeerBuffer, text: String) -> void:
	var bytes := text.to_utf8_buffer()
	var size := bytes.size()
	if size < 32:
		out.put_u8(0xa0 | size)
	else:
		_put_head(out, size, 0xd9, 0xda, 0xdb)
	out.put_data(bytes)


static func _put_bin(out: StreamPeerBuffer, bytes: PackedByteArray) -> void:
	_put_head(out, bytes.size(), 0xc4, 0xc5, 0xc6)
	out.put_data(bytes)


static func _put_array(out: StreamPeerBuffer, items: Array, depth: int) -> bool:
	if depth > Limit.MAX_DEPTH or items.size() > Limit.MAX_ITEMS:
		return false
	if items.size() < 16:
		out.put_u8(0x90 | items.size())
	else:
		_put_head(out, items.size(), -1, 0xdc, 0xdd)
	for item: Variant in items:
		if not _put(out, item, depth + 1):
			return false
	return true


static func _put_map(out: StreamPeerBuffer, map: Dictionary, depth: int) -> bool:
	if depth > Limit.MAX_DEPTH or map.size() > Limit.MAX_ITEMS:
		return false
	if map.size() < 16:
		out.put_u8(0x80 | map.size())
	else:
		_put_head(out, map.size(), -1, 0xde, 0xdf)
	for key: Variant in map:
		if typeof(key) != TYPE_STRING and typeof(key) != TYPE_STRING_NAME:
			return false
		_put_string(out, String(key))
		if not _put(out, map[key], depth + 1):
			return false
	return true


## The length [param size] after the code that says how wide it is; [param one] is -1 where no such code exists.
static func _put_head(out: StreamPeerBuffer, size: int, one: int, two: int, four: int) -> void:
	if one >= 0 and size <= 0xff:
		out.put_u8(one)
		out.put_u8(size)
	elif size <= 0xffff:
		out.put_u8(two)
		out.put_u16(size)
	else:
		out.put_u8(four)
		out.put_u32(size)


## Takes one message apart. Read [member error] after [method message]: empty where all went well.
class Reader:
	extends RefCounted

	## What is wrong with the bytes, as words that go after "the message"; empty where nothing is.
	var error := ""
	var _bytes: PackedByteArray
	var _input := StreamPeerBuffer.new()
	var _at := 0
	var _seen := 1

	func _init(bytes: PackedByteArray) -> void:
		_bytes = bytes
		_input.big_endian = true
		_input.data_array = bytes

	## The map that the bytes hold. Empty, with [member error] set, where they hold anything else.
	func message() -> Dictionary:
		var value: Variant = _value(1)
		if error.is_empty() and typeof(value) != TYPE_DICTIONARY:
			error = "is no map"
		if error.is_empty() and _at != _bytes.size():
			error = "is followed by %d bytes too many" % (_bytes.size() - _at)
		return value if error.is_empty() else {}

	func _value(depth: int) -> Variant:
		if not _has(1):
			return null
		var code := _bytes[_at]
		_at += 1
		if code < 0x80:
			return code
		if code < 0x90:
			return _map(code & 0x0f, depth)
		if code < 0xa0:
			return _array(code & 0x0f, depth)
		if code < 0xc0:
			return _string(code & 0x1f)
		if code >= 0xe0:
			return code - 0x100
		match code:
			0xc0: return null
			0xc2: return false
			0xc3: return true
			0xc4: return _bin(_unsigned(1))
			0xc5: return _bin(_unsigned(2))
			0xc6: return _bin(_unsigned(4))
			0xca, 0xcb: return _float(code == 0xcb)
			0xcc: return _unsigned(1)
			0xcd: return _unsigned(2)
			0xce: return _unsigned(4)
			0xcf: return _whole(_unsigned(8), true)
			0xd0: return _signed(1)
			0xd1: return _signed(2)
			0xd2: return _signed(4)
			0xd3: return _whole(_signed(8), false)
			0xd9: return _string(_unsigned(1))
			0xda: return _string(_unsigned(2))
			0xdb: return _string(_unsigned(4))
			0xdc: return _array(_unsigned(2), depth)
			0xdd: return _array(_unsigned(4), depth)
			0xde: return _map(_unsigned(2), depth)
			0xdf: return _map(_unsigned(4), depth)
		return _fail("holds the code 0x%02x, which is not allowed here" % code)

	func _fail(what: String) -> Variant:
		if error.is_empty():
			error = what
		return null

	func _has(count: int) -> bool:
		if error.is_empty() and _at + count > _bytes.size():
			error = "ends too early"
		return error.is_empty()

	func _unsigned(width: int) -> int:
		if not _has(width):
			return 0
		_input.seek(_at)
		_at += width
		match width:
			1: return _input.get_u8()
			2: return _input.get_u16()
			4: return _input.get_u32()
		return _input.get_u64()

	func _signed(width: int) -> int:
		if not _has(width):
			return 0
		_input.seek(_at)
		_at += width
		match width:
			1: return _input.get_8()
			2: return _input.get_16()
			4: return _input.get_32()
		return _input.get_64()

	## An unsigned one of 64 bits shows itself as negative where it is beyond what an int holds.
	func _whole(number: int, unsigned: bool) -> Variant:
		if number > Limit.MAX_INTEGER or number < (0 if unsigned else -Limit.MAX_INTEGER):
			return _fail("holds an integer beyond 2^53 - 1")
		return number

	func _float(double: bool) -> Variant:
		if not _has(8 if double else 4):
			return null
		_input.seek(_at)
		_at += 8 if double else 4
		var number := _input.get_double() if double else _input.get_float()
		return number if is_finite(number) else _fail("holds %s" % number)

	func _bin(size: int) -> Variant:
		if not _has(size):
			return null
		_at += size
		return _bytes.slice(_at - size, _at)

	func _string(size: int) -> Variant:
		if not _has(size):
			return null
		_at += size
		var bytes := _bytes.slice(_at - size, _at)
		if not _is_utf8(bytes):
			return _fail("holds a string that is not UTF-8")
		return bytes.get_string_from_utf8()

	## Checked before the engine's own decoder sees it, which would write a complaint for each bad byte.
	func _is_utf8(bytes: PackedByteArray) -> bool:
		var more := 0
		var least := 0
		var point := 0
		for byte in bytes:
			if more > 0:
				if byte & 0xc0 != 0x80:
					return false
				point = point << 6 | byte & 0x3f
				more -= 1
				if more == 0 and (point < least or point > 0x10ffff or point & 0x1ff800 == 0xd800):
					return false
			elif byte >= 0x80:
				if byte < 0xc2 or byte > 0xf4:
					return false
				more = 1 if byte < 0xe0 else 2 if byte < 0xf0 else 3
				least = [0, 0x80, 0x800, 0x10000][more]
				point = byte & (0x3f >> more)
		return more == 0

	func _enter(count: int, depth: int, weight: int) -> bool:
		_seen += count * weight
		if depth > Limit.MAX_DEPTH:
			_fail("is nested deeper than %d" % Limit.MAX_DEPTH)
		elif count > Limit.MAX_ITEMS or _seen > Limit.MAX_VALUES:
			_fail("holds too much")
		return error.is_empty()

	func _array(count: int, depth: int) -> Variant:
		var items := []
		if not _enter(count, depth, 1):
			return null
		for _place in count:
			items.append(_value(depth + 1))
			if not error.is_empty():
				return null
		return items

	func _map(count: int, depth: int) -> Variant:
		var map := {}
		if not _enter(count, depth, 2):
			return null
		for _place in count:
			var key: Variant = _value(depth + 1)
			if error.is_empty() and typeof(key) != TYPE_STRING:
				_fail("has a key that is no string")
			elif map.has(key):
				_fail("names the key %s twice" % key)
			if not error.is_empty():
				return null
			map[key] = _value(depth + 1)
			if not error.is_empty():
				return null
		return map
