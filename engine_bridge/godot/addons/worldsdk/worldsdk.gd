extends Node
## The autoload [code]WorldSDK[/code]: a client that outlives scenes.
##
## A scene that has a [WorldClient] of its own needs none of this. Without one, screens and other nodes use
## [method shared_client]:
## [codeblock]
## var client: WorldClient = WorldSDK.shared_client()
## client.connect_to_world("localhost:8765")
## [/codeblock]

## Of the add-on.
const VERSION := "1.0.0"

var _client: WorldClient

## The client that belongs to no scene; made, not connected, when first asked for.
func shared_client() -> WorldClient:
	if _client == null:
		_client = WorldClient.new()
		_client.name = "WorldClient"
		_client.auto_connect = false
		add_child(_client)
	return _client
