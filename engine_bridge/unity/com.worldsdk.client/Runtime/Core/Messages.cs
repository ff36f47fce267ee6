using System.Collections.Generic;
using Worldsdk.Protocol;
using static WorldSDK.Shapes;

namespace WorldSDK
{
    /// <summary>Every message of the wire as a shape (SPEC sections 4 and 5), and reading one from bytes.</summary>
    public static class Messages
    {
        private static readonly Shape Name = Text(64, 1);
        private static readonly Shape Label = Text(64);
        private static readonly Shape Id = Text(128, 1);
        private static readonly Shape Values = Map(Float(), 256);
        private static readonly Shape Duration = Float(0, 1e12);
        private static readonly Shape Credit = Int(1, Limit.MaxCredit);
        private static readonly Shape RoleName = Choice(Role.Player, Role.Viewer, Role.Stepper);
        private static readonly Shape ModeName = Choice(Mode.Realtime, Mode.Lockstep);

        private static readonly Shape Control = Record(
            Must("name", Name), Must("kind", Choice("button", "axis")), Must("low", Float()), Must("high", Float()),
            MustOrNil("values", List(Float())), Must("unit", Label), Must("keys", Values), Must("pad", Values),
            MustOrNil("mouse", Places(Choice("x", "y"), Float())), Must("help", Text()));

        private static readonly Shape Layer = Record(
            Must("name", Name), Must("low", Float()), Must("high", Float()), Must("unit", Label),
            Must("encoding", Choice("u16")));

        private static readonly Shape State = Record(
            Must("name", Name), Must("low", Float()), Must("high", Float()), Must("unit", Label), May("cyclic", Bool),
            May("settable", Bool));

        private static readonly Shape Limits = Record(
            Must("max_message", Int()), Must("input_hz", Float()), Must("command_hz", Float()), Must("keys", Int()),
            Must("image_bytes", Int()), Must("image_pixels", Int()), Must("session_seconds", Float()),
            Must("idle_seconds", Float()), Must("resume_seconds", Float()), Must("rewind_ticks", Int()));

        private static readonly Dictionary<string, Shape> Client = new Dictionary<string, Shape>
        {
            { "hello", Record(
                Must("v", Places(Int(0, 65535), Int(0, 65535))), Must("role", RoleName), Must("mode", ModeName),
                Must("codecs", List(Name, 16, 1)), Must("max_message", Int(1024)), May("credit", Credit),
                May("room", Id), May("token", Text()), May("resume", Text()), May("layers", List(Name, 16)),
                May("client", Record(May("name", Label), May("version", Label), May("engine", Label)))) },
            { "input", Record(
                Must("seq", Int()), Must("ts", Int()), May("controls", Values),
                May("keys", List(Name, (int)Limit.MaxKeys)), May("pad", Values), May("mouse", Places(Float(), Float())),
                May("ticks", Int(1, Limit.MaxTicks))) },
            { "ack", Record(Must("seq", Int()), May("shown", Int()), May("credit", Credit)) },
            { "command", Record(Must("id", Int()), Must("name", Name), May("args", Map(Any))) },
            { "ping", Record(Must("t0", Int())) },
            { "bye", Record(May("reason", Text(256))) },
        };

        private static readonly Dictionary<string, Shape> Server = new Dictionary<string, Shape>
        {
            { "welcome", Record(
                Must("v", Int(0, 65535)), Must("session", Id), Must("room", Id), Must("role", RoleName),
                Must("mode", ModeName), Must("resume", Text()),
                Must("world", Record(Must("name", Name), Must("title", Text()), Must("summary", Text()),
                    Must("digest", Text(128)), Must("license", Text(128)))),
                Must("size", Places(Int(1, 65535), Int(1, 65535))), Must("codec", Name),
                Must("rate", Float(0.001, 1000)), Must("budget_ms", Duration), Must("tick", Int()),
                Must("controls", List(Control)), Must("layers", List(Layer)), Must("state", List(State)),
                Must("starts", Int()), Must("commands", Map(Map(Any))), Must("limits", Limits),
                Must("capabilities", List(Name)), Must("credit", Credit),
                Must("server", Record(Must("name", Label), Must("version", Label))), Must("paused", Bool),
                Must("held_seq", Int())) },
            { "frame", Record(
                Must("seq", Int()), Must("tick", Int()), Must("pts", Int()), Must("applied", Int()), Must("key", Bool),
                Must("codec", Name), Must("data", Bin), Must("reward", Float()), Must("ended", Bool),
                Must("steps", Int()), Must("met", Bool), Must("replaced", Int()), May("ts", Int()),
                May("layers", Map(Bin, 16)), May("state", Values), May("truncated", Bool), May("held", Bool),
                May("stages", Map(Duration, 32)), May("total_ms", Duration), May("queue_ms", Duration),
                May("encode_ms", Duration), May("hash", Text(128)), May("drift", Float())) },
            { "accepted", Record(Must("re", Int()), May("position", Int())) },
            { "applied", Record(Must("re", Int()), Must("tick", Int()), May("result", Map(Any))) },
            { "error", Record(
                Must("code", Name), Must("message", Text()), Must("retry", Bool), Must("fatal", Bool), May("re", Int()),
                May("retry_after_ms", Int()), May("position", Int()), May("detail", Map(Any))) },
            { "event", Record(Must("name", Name), May("data", Map(Any))) },
            { "pong", Record(Must("t0", Int()), Must("t1", Int()), Must("t2", Int())) },
            { "goaway", Record(Must("action", Choice("resume", "reconnect", "stop")), Must("reason", Text(256)),
                Must("in_ms", Int()), May("url", Text())) },
        };

        /// <summary>The message in the bytes, checked.</summary>
        /// <exception cref="WorldException">too_large, unknown_type or bad_message.</exception>
        public static Dictionary<string, object> Read(byte[] data, int count, bool fromServer, long maxBytes)
        {
            var message = Msgpack.Unpack(data, count, maxBytes);
            object found;
            message.TryGetValue("t", out found);
            var type = found as string;
            if (type == null) throw WorldException.Bad("t", "is no string; name the message's type in it");
            Shape shape;
            if (!(fromServer ? Server : Client).TryGetValue(type, out shape))
                throw new WorldException(ErrorCode.UnknownType, "there is no message of that type");
            shape(message, type);
            return message;
        }

        /// <summary>Checks a message of ours as a server would.</summary>
        public static void Check(Dictionary<string, object> message)
        {
            Client[(string)message["t"]](message, (string)message["t"]);
        }
    }
}
