## Frames above 64 KiB, their layer, and larger messages the other way.
extends "case.gd"

func run() -> void:
	client = await join({"mode": "lockstep", "layers": PackedStringArray(["*"]), "codecs": PackedStringArray(["raw_rgb"])})
	await client.start(2)
	var control: String = client.welcome["controls"][0]["name"]
	var frame := await client.step({control: 1.0})
	var moment := await client.snapshot()
	var restored := await client.restore(moment)
	var observed := await client.observe(frame.image())
	var after := pixels_hash(client.latest)
	var codecs := {}
	for codec: String in ["jpeg", "webp", "png"]:
		var reply := await client.set_quality({"codec": codec})
		var one := await client.step({control: 0.0})
		codecs[codec] = reply.ok and one != null and one.codec == codec and one.image() != null
	finish({"bytes": frame.data.size(), "layer": frame.layers["depth"].size(), "unlike": after != "", "snapshot": moment.size(),
		"restored": restored.ok, "observed": observed.ok, "codecs": codecs, "heard": heard})
