## Steps a world with the controls of `--steps` (a JSON array of maps, one for each tick) from `--seed`.
extends "case.gd"

func run() -> void:
	client = await join({"mode": "lockstep", "layers": PackedStringArray(["*"])})
	var began := await client.start(int(argument("seed", "0")))
	var digests: Array[String] = [client.latest.digest]
	var pixels: Array[String] = [pixels_hash(client.latest)]
	var states: Array[Dictionary] = [client.latest.state]
	for controls: Dictionary in JSON.parse_string(argument("steps")):
		var frame := await client.step(controls if not controls.is_empty() else {client.welcome["controls"][0]["name"]: 0.0})
		digests.append(frame.digest)
		pixels.append(pixels_hash(frame))
		states.append(frame.state)
	# Back and forth in time: three ways to the same picture.
	var here := pixels[-1]
	var moment := await client.snapshot()
	var first: String = client.welcome["controls"][0]["name"]
	var ahead := pixels_hash(await client.step({first: 1.0}))
	await client.rewind(1)
	var rewound := pixels_hash(client.latest)
	await client.restore(moment)
	var restored := pixels_hash(client.latest)
	var again := pixels_hash(await client.step({first: 1.0}))
	var twin := await client.fork()
	var other := await join({"mode": "lockstep", "resume": twin["resume"]})
	var forked := pixels_hash(other.latest) if other.latest != null else ""
	other.queue_free()
	finish({"began": began.ok, "digests": digests, "pixels": pixels, "states": states, "snapshot_bytes": moment.size(),
		"rewound": rewound == here, "restored": restored == here, "repeats": again == ahead, "forked": forked == again,
		"forked_session": other.welcome.get("session") == twin["session"], "heard": heard})
