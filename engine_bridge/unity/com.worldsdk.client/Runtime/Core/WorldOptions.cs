using System;
using System.Collections.Generic;
using Worldsdk.Protocol;

namespace WorldSDK
{
    /// <summary>How to connect. What is left as it is suits one player on this machine.</summary>
    [Serializable]
    public sealed class WorldOptions
    {
        /// <summary>player, stepper (lockstep) or viewer.</summary>
        public string role = Role.Player;
        /// <summary>realtime or lockstep.</summary>
        public string mode = Mode.Realtime;
        /// <summary>Room to join; empty for one of one's own.</summary>
        public string room = "";
        /// <summary>Signed admission, for servers that ask for it. Never put it into the URL.</summary>
        public string token = "";
        /// <summary>Token of a fork, to take its seat.</summary>
        public string resume = "";
        /// <summary>In order of preference. The raw ones are unpacked off the main thread.</summary>
        public List<string> codecs = new List<string> { Codec.RawRgba, Codec.RawRgb };
        /// <summary>Per-pixel layers wanted with each frame, e.g. depth; "*" for all.</summary>
        public List<string> layers = new List<string>();
        /// <summary>Frames that may be under way, 1 to 64.</summary>
        public int credit = 2;
        /// <summary>Bytes of the largest message that may come, at least 1024.</summary>
        public int maxMessage = (int)Limit.MaxMessageBytes;
        /// <summary>Seconds spent on (re)connecting before giving up; 0 for one attempt.</summary>
        public float reconnectSeconds = 30f;
        /// <summary>Seconds for connecting, up to welcome.</summary>
        public float openSeconds = 10f;
        /// <summary>Seconds without a byte before the connection counts as dead.</summary>
        public float silenceSeconds = 10f;
        /// <summary>Whether frames are paced by the server's time stamps, instead of shown as they come.</summary>
        public bool paced = true;

        /// <exception cref="WorldException">An option is no good.</exception>
        public void Check()
        {
            if (mode != Mode.Realtime && mode != Mode.Lockstep)
                throw WorldException.Bad("mode", "is '" + mode + "'; give realtime or lockstep");
            if (role != Role.Player && role != Role.Stepper && role != Role.Viewer)
                throw WorldException.Bad("role", "is '" + role + "'; give player, stepper or viewer");
            if (role != Role.Viewer && (role == Role.Stepper) != (mode == Mode.Lockstep))
                throw WorldException.Bad(role, "does not go with " + mode + "; players play in realtime, steppers in lockstep");
            if (codecs.Count < 1 || codecs.Count > 16) throw WorldException.Bad("codecs", "has to name 1 to 16");
            if (credit < 1 || credit > Limit.MaxCredit) throw WorldException.Bad("credit", "is not from 1 to 64");
            if (maxMessage < 1024) throw WorldException.Bad("maxMessage", "is below 1024 bytes");
        }

        /// <summary>The WebSocket address that a user's words mean: ws:// and /play are filled in.</summary>
        /// <exception cref="WorldException">No address, or one with a secret in it.</exception>
        public static string Address(string url)
        {
            const string fix = "give an address such as ws://localhost:8765";
            Uri parsed;
            var text = url.IndexOf("://", StringComparison.Ordinal) < 0 ? "ws://" + url : url;
            if (!Uri.TryCreate(text, UriKind.Absolute, out parsed) || parsed.Host.Length == 0)
                throw new WorldException(Failure.ConnectionFailed, "'" + url + "' is no address of a server", fix);
            var scheme = parsed.Scheme == "http" ? "ws" : parsed.Scheme == "https" ? "wss" : parsed.Scheme;
            if ((scheme != "ws" && scheme != "wss") || parsed.Port == 0 || parsed.Fragment.Length > 0)
                throw new WorldException(Failure.ConnectionFailed, "'" + url + "' is no address of a server", fix);
            var query = parsed.Query;
            if (parsed.UserInfo.Length > 0 || query.Contains("token=") || query.Contains("jwt="))
                throw new WorldException(Failure.ConnectionFailed, "the address holds a secret",
                    "addresses are written to logs: give it as the option token");
            var path = parsed.AbsolutePath.Length <= 1 ? Wire.Path : parsed.AbsolutePath;
            var host = parsed.HostNameType == UriHostNameType.IPv6 ? "[" + parsed.Host.Trim('[', ']') + "]" : parsed.Host;
            var port = parsed.Port > 0 ? ":" + parsed.Port : "";
            return scheme + "://" + host + port + path + query;
        }
    }
}
