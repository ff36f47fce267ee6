## Checks the golden vectors and, where `--url` names a server, plays there. Prints one line of JSON.
extends "case.gd"

const Vectors := preload("vectors.gd")

func run() -> void:
	var vectors := Vectors.check(argument("vectors"))
	for failure: String in vectors["failures"]:
		printerr(failure)
	var live: Variant = null
	if not argument("url").is_empty():
		live = await _live()
	print(JSON.stringify({"bridge": "godot", "engine": Engine.get_version_info()["string"],
		"vectors": {"passed": vectors["passed"], "failed": vectors["failed"]}, "live": live}))
	if client != null:
		client.queue_free()
	await process_frame
	quit(0 if vectors["failed"] == 0 and (live == null or not live.has("error")) else 1)


func _live() -> Dictionary:
	client = await join({"role": "stepper", "mode": "lockstep"})
	if not client.playing:
		return {"error": str(heard)}
	await client.start(1)
	var control: String = client.welcome["controls"][0]["name"]
	var seen := {}
	for _tick in 20:
		var frame := await client.step({control: 1.0})
		if frame == null:
			return {"error": str(heard)}
		seen[pixels_hash(frame)] = true
	client.disconnect_from_world()
	await until(func() -> bool: return heard.any(func(one: Array) -> bool: return one[0] == "disconnected"), 5.0)
	client.queue_free()
	heard.clear()
	client = await join()
	if not client.playing:
		return {"error": str(heard)}
	client.press(control)
	await seconds(2.0)
	var quality := client.read_quality()
	return {"world": client.welcome["world"]["name"], "frames": 20 + quality.frames, "different": seen.size(),
		"rate": snappedf(quality.rate, 0.1), "action_to_photon_ms": snappedf(quality.action_to_photon_ms, 0.1)}
