## How long to wait before the next attempt to connect: waits that double, within a total.
extends RefCounted

## Before the second attempt: a restarted server needs about that long to listen again.
const FIRST_SECONDS := 0.2
## A player who looks at a frozen picture should not have to wait longer.
const LONGEST_SECONDS := 5.0
## Part by which waits vary, so that the clients of a server that came back do not all come at once.
const SPREAD := 0.25

var attempts := 0
var _ends: int

func _init(total_seconds: float, now: int) -> void:
	_ends = now + int(total_seconds * 1e6)


## Seconds to wait, or -1 where the attempt would begin after the total. The server's wish is never undercut.
func next(now: int, asked_seconds: float = 0.0) -> float:
	var wait := minf(FIRST_SECONDS * pow(2.0, attempts), LONGEST_SECONDS)
	wait = maxf(wait * (1.0 + SPREAD * randf_range(-1.0, 1.0)), asked_seconds)
	attempts += 1
	return wait if now + int(wait * 1e6) <= _ends else -1.0
