@tool
extends EditorPlugin
## Adds the autoload [code]WorldSDK[/code]. The node types register themselves by their [code]class_name[/code].

const AUTOLOAD := "WorldSDK"
const SETTING := "autoload/" + AUTOLOAD

func _enable_plugin() -> void:
	add_autoload_singleton(AUTOLOAD, "res://addons/worldsdk/worldsdk.gd")


func _disable_plugin() -> void:
	if ProjectSettings.has_setting(SETTING):
		remove_autoload_singleton(AUTOLOAD)


func _enter_tree() -> void:
	print_verbose("worldsdk: the add-on is on")


func _exit_tree() -> void:
	print_verbose("worldsdk: the add-on is off")
