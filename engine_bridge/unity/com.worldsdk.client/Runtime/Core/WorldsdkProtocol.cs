// Generated from worldsdk/protocol: change that, then run the generator again.
namespace Worldsdk.Protocol
{
    /// <summary>Name and path.</summary>
    public static class Wire
    {
        public const string Subprotocol = "worldsdk.v1.msgpack";
        public const string Path = "/play";
    }

    /// <summary>Major and minor.</summary>
    public static class Version
    {
        public const long Major = 1;
        public const long Minor = 0;
    }

    /// <summary>Values of t that clients send.</summary>
    public static class ClientMessage
    {
        public const string Hello = "hello";
        public const string Input = "input";
        public const string Ack = "ack";
        public const string Command = "command";
        public const string Ping = "ping";
        public const string Bye = "bye";
    }

    /// <summary>Values of t that servers send.</summary>
    public static class ServerMessage
    {
        public const string Welcome = "welcome";
        public const string Frame = "frame";
        public const string Accepted = "accepted";
        public const string Applied = "applied";
        public const string Error = "error";
        public const string Event = "event";
        public const string Pong = "pong";
        public const string Goaway = "goaway";
    }

    /// <summary>Values of hello.role.</summary>
    public static class Role
    {
        public const string Player = "player";
        public const string Viewer = "viewer";
        public const string Stepper = "stepper";
    }

    /// <summary>Values of hello.mode.</summary>
    public static class Mode
    {
        public const string Realtime = "realtime";
        public const string Lockstep = "lockstep";
    }

    /// <summary>Codecs of frames.</summary>
    public static class Codec
    {
        public const string RawRgb = "raw_rgb";
        public const string RawRgba = "raw_rgba";
        public const string Jpeg = "jpeg";
        public const string Webp = "webp";
        public const string Png = "png";
        public const string H264 = "h264";
    }

    /// <summary>Commands.</summary>
    public static class CommandName
    {
        public const string Start = "start";
        public const string Pause = "pause";
        public const string Resume = "resume";
        public const string Reset = "reset";
        public const string Speed = "speed";
        public const string Snapshot = "snapshot";
        public const string Restore = "restore";
        public const string Fork = "fork";
        public const string Rewind = "rewind";
        public const string Observe = "observe";
        public const string State = "state";
        public const string Quality = "quality";
        public const string Record = "record";
        public const string Prompt = "prompt";
        public const string Anchor = "anchor";
    }

    /// <summary>What a server may be able to do.</summary>
    public static class Capability
    {
        public const string Snapshot = "snapshot";
        public const string Fork = "fork";
        public const string Rewind = "rewind";
        public const string Observe = "observe";
        public const string State = "state";
        public const string Record = "record";
        public const string Reset = "reset";
        public const string Start = "start";
        public const string Speed = "speed";
        public const string Quality = "quality";
        public const string ImageStart = "image_start";
        public const string Prompt = "prompt";
        public const string Anchor = "anchor";
    }

    /// <summary>Events.</summary>
    public static class EventName
    {
        public const string Queue = "queue";
        public const string Viewers = "viewers";
        public const string Recording = "recording";
        public const string Quality = "quality";
        public const string Warning = "warning";
        public const string Drift = "drift";
        public const string Ended = "ended";
        public const string Paused = "paused";
        public const string Resumed = "resumed";
        public const string Speed = "speed";
    }

    /// <summary>Values of goaway.action.</summary>
    public static class GoAwayAction
    {
        public const string Resume = "resume";
        public const string Reconnect = "reconnect";
        public const string Stop = "stop";
    }

    /// <summary>Values of error.code.</summary>
    public static class ErrorCode
    {
        public const string BadMessage = "bad_message";
        public const string Unauthenticated = "unauthenticated";
        public const string Forbidden = "forbidden";
        public const string NoRoom = "no_room";
        public const string HelloTimeout = "hello_timeout";
        public const string Conflict = "conflict";
        public const string SessionOver = "session_over";
        public const string TooLarge = "too_large";
        public const string UnsupportedVersion = "unsupported_version";
        public const string RateLimited = "rate_limited";
        public const string Internal = "internal";
        public const string SessionFailed = "session_failed";
        public const string NoCapacity = "no_capacity";
        public const string SlowClient = "slow_client";
        public const string Idle = "idle";
        public const string UnknownType = "unknown_type";
        public const string UnknownCommand = "unknown_command";
        public const string ControlInvalid = "control_invalid";
        public const string VariableInvalid = "variable_invalid";
        public const string SessionInvalid = "session_invalid";
        public const string SnapshotInvalid = "snapshot_invalid";
        public const string SnapshotVersion = "snapshot_version";
        public const string SnapshotWorld = "snapshot_world";
        public const string SnapshotChecksum = "snapshot_checksum";
        public const string NotCapable = "not_capable";
        public const string NotAllowed = "not_allowed";
        public const string ImageInvalid = "image_invalid";
    }

    /// <summary>WebSocket close codes.</summary>
    public static class CloseCode
    {
        public const long Normal = 1000;
        public const long GoingAway = 1001;
        public const long BadMessage = 4400;
        public const long Unauthenticated = 4401;
        public const long Forbidden = 4403;
        public const long NoRoom = 4404;
        public const long HelloTimeout = 4408;
        public const long Conflict = 4409;
        public const long SessionOver = 4410;
        public const long TooLarge = 4413;
        public const long UnsupportedVersion = 4426;
        public const long RateLimited = 4429;
        public const long Internal = 4500;
        public const long SessionFailed = 4501;
        public const long NoCapacity = 4503;
        public const long SlowClient = 4504;
        public const long Idle = 4505;
    }

    /// <summary>What both sides hold to.</summary>
    public static class Limit
    {
        public const long MaxInteger = 9007199254740991;
        public const long MaxDepth = 16;
        public const long MaxValues = 16384;
        public const long MaxItems = 4096;
        public const long MaxKeys = 32;
        public const long MaxCredit = 64;
        public const long MaxTicks = 1000;
        public const long MaxMessageBytes = 16777216;
        public const long MostMalformed = 8;
    }

    /// <summary>Name and path of the recording protocol.</summary>
    public static class Recording
    {
        public const string Subprotocol = "worldsdk.record.v1.msgpack";
        public const string Path = "/record";
    }

    /// <summary>Values of t that games send.</summary>
    public static class GameMessage
    {
        public const string Begin = "begin";
        public const string Row = "row";
        public const string End = "end";
    }

    /// <summary>Values of t that receivers send.</summary>
    public static class ReceiverMessage
    {
        public const string Ready = "ready";
        public const string Receipt = "receipt";
        public const string Done = "done";
        public const string Error = "error";
    }

    /// <summary>Numbers of the recording protocol.</summary>
    public static class RecordLimit
    {
        public const long Major = 1;
        public const long Minor = 0;
        public const long Port = 8766;
        public const long MaxSide = 1024;
        public const long MaxRowBytes = 8388608;
        public const long MaxBeginBytes = 65536;
        public const long MaxVariables = 256;
        public const long MaxLayers = 16;
        public const long MaxWindow = 64;
    }
}
