using System.Collections.Generic;

namespace WorldSDK
{
    public enum WorldEventKind { Connected, Frame, Applied, Quality, Event, Failed, Disconnected }

    /// <summary>
    /// Which fields count depends on the kind. Connected: <c>Welcome</c>. Frame: <c>Frame</c>. Applied: <c>Id</c>,
    /// <c>Name</c> (the command's), <c>Tick</c>, <c>Data</c> (its result). Quality: <c>Quality</c>. Event: <c>Name</c>,
    /// <c>Data</c>. Failed: <c>Name</c> (the code), <c>Text</c>, <c>Id</c> of the command or 0. Disconnected: <c>Code</c>
    /// (WebSocket close code, 0 without one), <c>Text</c>, <c>WillRetry</c>.
    /// </summary>
    public sealed class WorldEvent
    {
        public WorldEventKind Kind;
        public long Id, Tick;
        public int Code;
        public bool WillRetry;
        public string Name = "", Text = "";
        public Dictionary<string, object> Data;
        public Welcome Welcome;
        public WorldFrame Frame;
        public Quality Quality;
    }
}
