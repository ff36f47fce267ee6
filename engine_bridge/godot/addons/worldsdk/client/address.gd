## The address of a server, as people write it.
extends RefCounted

## Fills in scheme and path: "localhost:8765" means "ws://localhost:8765/play". Returns {"url": ...} or
## {"error": sentence}.
static func complete(text: String) -> Dictionary:
	var url := text.strip_edges()
	if not url.contains("://"):
		url = "ws://" + url
	var scheme := url.get_slice("://", 0).to_lower()
	scheme = {"http": "ws", "https": "wss"}.get(scheme, scheme)
	var rest := url.substr(url.find("://") + 3)
	var path_at := rest.find("/")
	var host := rest if path_at < 0 else rest.left(path_at)
	var path := "" if path_at < 0 else rest.substr(path_at)
	if host.contains("@") or path.contains("token=") or path.contains("jwt="):
		# Not repeated here: it would end up in the very logs that it must be kept out of.
		return {"error": "The address holds a secret, and addresses are written to logs: give it as the option `token`."}
	if not scheme in ["ws", "wss"] or host.is_empty() or host.begins_with(":"):
		return {"error": "%s is no address of a server. Give one such as ws://localhost:8765." % text}
	if path.is_empty() or path == "/":
		path = WorldsdkProtocol.Protocol.PATH
	return {"url": "%s://%s%s" % [scheme, host, path]}
