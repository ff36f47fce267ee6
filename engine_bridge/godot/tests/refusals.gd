## What a client is told by servers that will not have it: each of `--urls` (comma-separated) is tried once.
extends "case.gd"

func run() -> void:
	var told := []
	for url in argument("urls").split(","):
		heard.clear()
		var made := WorldClient.new()
		made.auto_connect = false
		made.reconnect_seconds = 0.0
		made.failed.connect(func(code: String, message: String) -> void: heard.append(["failed", code, message]))
		made.disconnected.connect(func(code: int, _reason: String, again: bool) -> void: heard.append(["disconnected", code, again]))
		root.add_child(made)
		if made.connect_to_world(url):
			await until(func() -> bool: return heard.any(func(one: Array) -> bool: return one[0] == "disconnected"), 15.0)
		told.append(heard.duplicate())
		made.queue_free()
	finish({"told": told})
