// The browser's WebSocket for WebGLTransport.cs: events wait in a list until the program asks for them.
// Kinds: 0 nothing, 1 opened, 2 message, 3 closed.
var WorldSDKLibrary = {
  $WorldSDKState: { sockets: [] },

  WorldSDK_Open: function (url, subprotocol, most) {
    var entry = { waiting: [], socket: null };
    var tell = function (kind, bytes, code) {
      entry.waiting.push({ kind: kind, bytes: bytes, code: code });
    };
    var text = function (words) {
      return new TextEncoder().encode(words);
    };
    try {
      entry.socket = new WebSocket(UTF8ToString(url), UTF8ToString(subprotocol));
    } catch (error) {
      tell(3, text(String(error)), 0);
      return WorldSDKState.sockets.push(entry) - 1;
    }
    entry.socket.binaryType = "arraybuffer";
    entry.socket.onopen = function () {
      tell(1, new Uint8Array(0), 0);
    };
    entry.socket.onmessage = function (event) {
      // Text is no message: an empty one is refused by the core.
      var bytes = typeof event.data === "string" ? new Uint8Array(0) : new Uint8Array(event.data);
      if (bytes.length > most) {
        entry.socket.onclose = null;
        entry.socket.close(4413);
        tell(3, text("a message was too large"), 1009);
      } else {
        tell(2, bytes, 0);
      }
    };
    entry.socket.onclose = function (event) {
      tell(3, text(event.reason || ""), event.code === 1005 || event.code === 1006 ? 0 : event.code);
    };
    return WorldSDKState.sockets.push(entry) - 1;
  },

  WorldSDK_Send: function (id, data, size) {
    var socket = WorldSDKState.sockets[id].socket;
    // A copy: the program's memory may move before the browser sends.
    if (socket && socket.readyState === 1) socket.send(HEAPU8.slice(data, data + size));
  },

  WorldSDK_Close: function (id, code) {
    var socket = WorldSDKState.sockets[id].socket;
    if (socket && socket.readyState < 2) socket.close(code);
  },

  WorldSDK_Next: function (id) {
    var waiting = WorldSDKState.sockets[id].waiting;
    return waiting.length ? waiting[0].kind : 0;
  },

  WorldSDK_Size: function (id) {
    return WorldSDKState.sockets[id].waiting[0].bytes.length;
  },

  WorldSDK_Code: function (id) {
    return WorldSDKState.sockets[id].waiting[0].code;
  },

  WorldSDK_Take: function (id, into, size) {
    var next = WorldSDKState.sockets[id].waiting.shift();
    HEAPU8.set(next.bytes.subarray(0, size), into);
    if (next.kind === 3) WorldSDKState.sockets[id].socket = null;
  },
};

autoAddDeps(WorldSDKLibrary, "$WorldSDKState");
mergeInto(LibraryManager["library"], WorldSDKLibrary);
