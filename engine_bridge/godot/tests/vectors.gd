## Checks the protocol's golden vectors: what is valid is taken, means what its JSON says and survives writing;
## the rest is refused with the right code.
extends RefCounted

const Wire := preload("res://addons/worldsdk/protocol/wire.gd")
const Msgpack := preload("res://addons/worldsdk/protocol/msgpack.gd")

## Returns {"passed": n, "failed": n, "failures": [String]} for every *.jsonl in [param folder].
static func check(folder: String) -> Dictionary:
	var failures: Array[String] = []
	var passed := 0
	for file in DirAccess.get_files_at(folder):
		if not file.ends_with(".jsonl"):
			continue
		for line in FileAccess.get_file_as_string(folder.path_join(file)).split("\n", false):
			var vector: Dictionary = JSON.parse_string(line)
			var wrong := _check_one(vector)
			if wrong.is_empty():
				passed += 1
			else:
				failures.append("%s: %s: %s" % [file, vector["name"], wrong])
	return {"passed": passed, "failed": failures.size(), "failures": failures}


static func _check_one(vector: Dictionary) -> String:
	var direction: String = vector["direction"]
	var most := int(vector["max_bytes"])
	var reading := Wire.read((vector["hex"] as String).hex_decode(), direction, most)
	if not vector["valid"]:
		return "" if reading.code == vector["error"] else "%s instead of %s" % [reading.code, vector["error"]]
	if not reading.code.is_empty():
		return "refused: " + reading.reason
	if not _same(reading.message, vector["json"]):
		return "read as %s" % reading.message
	var again := Wire.read(Msgpack.pack(reading.message), direction, most)
	return "" if _same(again.message, vector["json"]) else "written as %s" % again.message


## JSON has one kind of number; bin is written as {"$bin": base64}.
static func _same(value: Variant, json: Variant) -> bool:
	if typeof(value) == TYPE_PACKED_BYTE_ARRAY:
		return typeof(json) == TYPE_DICTIONARY and Marshalls.raw_to_base64(value) == json.get("$bin")
	if typeof(value) == TYPE_INT or typeof(value) == TYPE_FLOAT:
		return typeof(json) == TYPE_FLOAT and is_equal_approx(float(value), json)
	if typeof(value) != typeof(json):
		return false
	if typeof(value) == TYPE_ARRAY:
		if value.size() != json.size():
			return false
		for place: int in value.size():
			if not _same(value[place], json[place]):
				return false
		return true
	if typeof(value) == TYPE_DICTIONARY:
		if value.size() != json.size():
			return false
		for key: String in value:
			if not json.has(key) or not _same(value[key], json[key]):
				return false
		return true
	return value == json
