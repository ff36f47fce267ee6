## Loads every script of `--scripts` (comma-separated, relative to the project) as the engine would to run it.
extends "case.gd"

func run() -> void:
	var broken: Array[String] = []
	var compiled := 0
	for path in argument("scripts").split(","):
		var script := load("res://" + path) as GDScript
		if script == null or not (script.can_instantiate() or script.is_abstract()):
			broken.append(path)
		else:
			compiled += 1
	finish({"compiled": compiled, "broken": broken})
