using Worldsdk.Protocol;

namespace WorldSDK
{
    /// <summary>A code with a sentence and a cure, for people who see a black screen and nothing else.</summary>
    public sealed class Failure
    {
        /// <summary>What the bridge itself reports, beside the protocol's codes.</summary>
        public const string ConnectionFailed = "connection_failed";
        public const string ConnectionLost = "connection_lost";
        public const string ConnectionTimeout = "connection_timeout";
        public const string NotConnected = "not_connected";

        public readonly string Code;
        /// <summary>WebSocket close code, 0 where it never ends a connection.</summary>
        public readonly int Close;
        /// <summary>Whether connecting again may help.</summary>
        public readonly bool Retry;
        public readonly string Meaning;
        public readonly string Cure;

        private Failure(string code, int close, bool retry, string meaning, string cure)
        {
            Code = code;
            Close = close;
            Retry = retry;
            Meaning = meaning;
            Cure = cure;
        }

        private static readonly Failure[] Table =
        {
            new Failure("bad_message", 4400, false, "The server could not read what was sent.",
                "Use a bridge and a server of the same release."),
            new Failure("unauthenticated", 4401, false, "The token is missing, expired, or signed by a key unknown to the server.",
                "Get a fresh token (worldsdk token) and give it to connect."),
            new Failure("forbidden", 4403, false, "The token does not allow this role, room or origin.",
                "Ask whoever runs the server for a token that does."),
            new Failure("no_room", 4404, false, "There is no room of that name.",
                "Check its name, or join as a player to make it."),
            new Failure("hello_timeout", 4408, true, "The server got no hello in time.",
                "Check the network, then connect again."),
            new Failure("conflict", 4409, false, "The resume token was used before, or somebody sits in the seat.",
                "Connect anew, without a resume token."),
            new Failure("session_over", 4410, false, "The session has ended and cannot be resumed.",
                "Connect anew; a snapshot can be restored."),
            new Failure("too_large", 4413, false, "A message was larger than its receiver takes.",
                "Raise max_message, send a smaller image, or ask for fewer layers."),
            new Failure("unsupported_version", 4426, false, "Bridge and server share no protocol version.",
                "Update whichever is older."),
            new Failure("rate_limited", 4429, true, "Too many messages in too little time.",
                "Give commands less often."),
            new Failure("internal", 4500, true, "The server failed, and has written down why.",
                "Look at the server's log."),
            new Failure("session_failed", 4501, false, "The model failed, and the session with it.",
                "Connect anew; the server's log says why."),
            new Failure("no_capacity", 4503, true, "The server has no seat free now.",
                "Wait: the bridge tries again when the server said to."),
            new Failure("slow_client", 4504, true, "Frames were taken too slowly.",
                "Keep calling update, or ask for smaller pictures."),
            new Failure("idle", 4505, true, "Nothing was sent for too long.",
                "Connect again when somebody plays."),
            new Failure("unknown_command", 0, false, "The server does not know that command.",
                "Use a newer server."),
            new Failure("not_capable", 0, false, "The server or its world cannot do that.",
                "Look at welcome's capabilities before offering it."),
            new Failure("not_allowed", 0, false, "The role of this connection may not do that.",
                "Connect as a player or stepper."),
            new Failure("control_invalid", 0, false, "The world has no such control.",
                "Use the names that welcome lists."),
            new Failure("session_invalid", 0, false, "The session cannot do that now.",
                "The message says what would do."),
            new Failure("snapshot_invalid", 0, false, "The bytes are no snapshot that this world can go on from.",
                "Restore bytes that snapshot returned, unchanged."),
            new Failure("snapshot_version", 0, false, "The snapshot's format is of another version.",
                "Restore it where it was made, or make a new one."),
            new Failure("snapshot_world", 0, false, "The snapshot is of another world.",
                "Connect to the world that it came from."),
            new Failure("snapshot_checksum", 0, false, "The snapshot's bytes were altered or cut short.",
                "Store it as binary, whole."),
            new Failure("variable_invalid", 0, false, "A state variable cannot be set, or not to that value.",
                "Set those that welcome calls settable, within their range."),
            new Failure("image_invalid", 0, false, "The bytes are no picture that the server takes.",
                "Send PNG, JPEG or WebP, or raw RGB of exactly the world's size."),
            new Failure("connection_failed", 0, true, "No worldsdk server answered there.",
                "Check the address, and that worldsdk serve is running."),
            new Failure("connection_lost", 0, true, "The connection was lost.",
                "Check the network, then connect again."),
            new Failure("not_connected", 0, true, "There is no connection yet.",
                "Wait for connected, then ask again."),
            new Failure("connection_timeout", 0, true, "The server was silent for too long.",
                "Check its load, then connect again."),
        };

        /// <summary>The failure of that code, or null.</summary>
        public static Failure Of(string code)
        {
            foreach (var one in Table)
                if (one.Code == code) return one;
            return null;
        }

        /// <summary>The failure that a WebSocket close code stands for, or null where it stands for none.</summary>
        public static Failure OfClose(int close)
        {
            if (close == 1009) close = (int)CloseCode.TooLarge;
            foreach (var one in Table)
                if (close != 0 && one.Close == close) return one;
            return null;
        }

        /// <summary>What a close code means and what to do; any code.</summary>
        public static string CloseSentence(int close, string reason)
        {
            var known = OfClose(close);
            if (known != null) return (reason.Length == 0 ? known.Meaning : reason + ".") + " " + known.Cure;
            if (reason.Length > 0) return reason;
            if (close == CloseCode.Normal) return "The session was ended.";
            return close == CloseCode.GoingAway ? "The server is leaving." : "The connection was lost.";
        }

        /// <summary>Which protocol this bridge speaks.</summary>
        public static string OwnVersion
        {
            get
            {
                return "this bridge speaks worldsdk protocol " + Version.Major + ".0 to " + Version.Major + "." +
                    Version.Minor + " (" + Wire.Subprotocol + ")";
            }
        }

        /// <param name="server">What the server said of its own versions.</param>
        public static string VersionSentence(string server)
        {
            return "Versions do not match: " + OwnVersion + "; the server says: " + server +
                ". Update the package if it is the older, else the server (pip install -U worldsdk).";
        }
    }
}
