@icon("../icons/world_overlay.svg")
class_name WorldOverlay
extends PanelContainer
## Shows how good the connection is: rates, the way from hand to eye, and what became of the frames.

## The client that is measured; by default the scene's first, or the autoload's.
@export var client: WorldClient
## Shows and hides it. Keys that move the world are not taken away from it.
@export var toggle_key := KEY_F3
## Whether to add the numbers of the world's state.
@export var show_state := false

var _label := Label.new()
var _client: WorldClient
var _why := ""

func _init() -> void:
	mouse_filter = Control.MOUSE_FILTER_IGNORE
	_label.add_theme_font_size_override(&"font_size", 13)
	add_child(_label)


func _ready() -> void:
	if Engine.is_editor_hint():
		return
	_client = WorldClient.find(self, client)
	if _client == null:
		_label.text = "no WorldClient"
		return
	_client.failed.connect(func(_code: String, message: String) -> void: _why = message)
	_client.connected.connect(func(_welcome: Dictionary) -> void: _why = "")


func _process(_delta: float) -> void:
	if visible and is_instance_valid(_client):
		_label.text = report()


func _unhandled_key_input(event: InputEvent) -> void:
	var key := event as InputEventKey
	if key.pressed and not key.echo and key.keycode == toggle_key:
		visible = not visible


## What is shown.
func report() -> String:
	var lines := PackedStringArray()
	if _client.playing:
		var stats := _client.read_quality()
		lines.append("%s  %s  tick %d%s" % [_client.welcome["world"]["title"], "x".join([str(_client.world_size().x), str(_client.world_size().y)]), _client.tick, "  paused" if _client.paused else ""])
		lines.append("world %.1f of %.0f Hz, engine %d fps" % [stats.rate, _client.welcome["rate"], Engine.get_frames_per_second()])
		lines.append("action to photon %.0f ms (95%%: %.0f), rtt %.1f ms, age %.0f ms" % [stats.action_to_photon_ms, stats.action_to_photon_p95_ms, stats.rtt_ms, stats.age_ms])
		lines.append("frames %d, replaced %d, dropped %d, late %d, missed %d, reconnects %d" % [stats.frames, stats.replaced, stats.dropped, stats.late, stats.missed, stats.reconnects])
		if show_state:
			for name: String in _client.state:
				lines.append("%s %.1f" % [name, _client.state[name]])
	else:
		lines.append("not connected" if _client.welcome.is_empty() else "connection lost")
	if not _why.is_empty():
		lines.append(_why)
	return "\n".join(lines)
