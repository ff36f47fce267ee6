extends Control
## Lantern yard: find the lantern, from wherever you begin. The game records itself when it is told to.
##
##     godot --path demos/godot-game                                   play it
##     godot --path demos/godot-game -- --record                       play it, and record what you do
##     godot --path demos/godot-game -- --record --explore             it plays by itself
##     godot --path demos/godot-game --fixed-fps 30 -- --record --explore --seed 3    ... as fast as it can be drawn

const EPISODE_TICKS := 600

@onready var _walker: Walker = $View/Stage/Walker
@onready var _recorder: WorldRecorder = $WorldRecorder
@onready var _explorer: Explorer = $Explorer
@onready var _note: Label = $Note

var _dice := RandomNumberGenerator.new()
var _tick := 0
var _found := 0
var _over := false
var _failed := false

func _ready() -> void:
	_dice.seed = int(_argument("--seed", "1"))
	_explorer.dice.seed = _dice.seed + 1
	_explorer.set_physics_process(_told("--explore"))
	_begin()
	# What steers the game, and what it knows: the rest is on the node, in the scene.
	_recorder.add_axis("turn", "turn_left", "turn_right", Walker.TURN, "degrees/tick", "turn, positive to the right")
	_recorder.add_pose(_walker.camera, Rect2(-Yard.HALF, -Yard.HALF, 2.0 * Yard.HALF, 2.0 * Yard.HALF))
	_recorder.failed.connect(_on_failed)
	_recorder.stopped.connect(_on_stopped)
	if _told("--record"):
		_recorder.url = _argument("--record", _recorder.url)
		_recorder.start({"settings": {"half": Yard.HALF, "episode_ticks": EPISODE_TICKS}})


func _physics_process(_delta: float) -> void:
	if _over:
		_begin()
	_tick += 1
	var away := _walker.position - Yard.LANTERN
	if Vector2(away.x, away.z).length() < Yard.REACH:
		_found += 1
		_over = true
		_recorder.add_reward(1.0)
		_recorder.end_episode()
	elif _tick >= EPISODE_TICKS and _recorder.recording:
		_over = true


func _process(_delta: float) -> void:
	_note.text = "lanterns %d   %s" % [_found, _recorder.status()]


func _begin() -> void:
	_over = false
	_tick = 0
	var seed_value := _dice.randi() & 0x7fffffff
	var place := RandomNumberGenerator.new()
	place.seed = seed_value
	_walker.position = Yard.free_place(place)
	_walker.rotation.y = place.randf_range(-PI, PI)
	_recorder.new_episode(seed_value)


func _on_failed(code: String, message: String) -> void:
	printerr("%s [%s]" % [message, code])
	_failed = true
	if _told("--explore") and code != "connection_lost":
		get_tree().quit(1)


func _on_stopped(frames: int, episodes: int, reason: String) -> void:
	print("recorded: %d rows here, %d in %d episodes of the dataset; %d dropped. %s" % [_recorder.rows, frames, episodes, _recorder.dropped, reason])
	if _told("--explore"):
		get_tree().quit()


static func _told(flag: String) -> bool:
	return flag in OS.get_cmdline_user_args()


## The value after a flag, where there is one.
static func _argument(flag: String, fallback: String) -> String:
	var all := OS.get_cmdline_user_args()
	var at := all.find(flag)
	return all[at + 1] if at >= 0 and at + 1 < all.size() and not all[at + 1].begins_with("--") else fallback
