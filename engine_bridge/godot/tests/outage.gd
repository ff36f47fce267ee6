## Plays while the server is killed and started again: steps, says so in the file `--flag`, and steps on.
extends "case.gd"

func run() -> void:
	client = await join({"mode": "lockstep"})
	await client.start(6)
	var control: String = client.welcome["controls"][0]["name"]
	for _tick in 4:
		await client.step({control: 1.0})
	var session: String = client.welcome["session"]
	# The server saves once a second here; what is younger than that is lost with it.
	await seconds(float(argument("settle", "2.5")))
	var before := client.latest.tick
	FileAccess.open(argument("flag"), FileAccess.WRITE).store_string("now")
	await until(func() -> bool: return heard.any(func(one: Array) -> bool: return one[0] == "disconnected"), 60.0)
	await until(func() -> bool: return client.playing, 60.0)
	await until(func() -> bool: return client.latest.seq == 1, 30.0)
	var resumed := client.latest.tick
	var frame := await client.step({control: 1.0})
	finish({"before": before, "resumed": resumed, "after": frame.tick if frame != null else -1, "same": client.welcome["session"] == session,
		"reconnects": client.read_quality().reconnects, "heard": heard})
