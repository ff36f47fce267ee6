using System;
using System.Collections.Generic;
using System.IO;

namespace WorldSDK.Conformance
{
    /// <summary>The golden vectors against the core.</summary>
    internal static class Vectors
    {
        public static void Check(string folder, out int passed, out int failed)
        {
            passed = failed = 0;
            foreach (var name in new[] { "valid", "malformed", "refused" })
            {
                foreach (var line in File.ReadAllLines(Path.Combine(folder, name + ".jsonl")))
                {
                    if (line.Length == 0) continue;
                    var vector = (Dictionary<string, object>)Json.Parse(line);
                    var why = Fails(vector);
                    if (why == null) passed++;
                    else
                    {
                        failed++;
                        Console.Error.WriteLine(vector["name"] + ": " + why);
                    }
                }
            }
        }

        private static string Fails(Dictionary<string, object> vector)
        {
            var hex = (string)vector["hex"];
            var bytes = new byte[hex.Length / 2];
            for (var at = 0; at < bytes.Length; at++) bytes[at] = Convert.ToByte(hex.Substring(2 * at, 2), 16);
            var fromServer = (string)vector["direction"] == "server";
            Dictionary<string, object> message;
            try
            {
                message = Messages.Read(bytes, bytes.Length, fromServer, (long)vector["max_bytes"]);
            }
            catch (WorldException refusal)
            {
                if ((bool)vector["valid"]) return "was refused: " + refusal.Message;
                return refusal.Code == (string)vector["error"] ? null : "was refused with " + refusal.Code;
            }
            if (!(bool)vector["valid"]) return "was taken, though it is not valid";
            if (!Json.Same(message, vector["json"])) return "holds something else than its json";
            var again = Msgpack.Pack(message);
            return Json.Same(Msgpack.Unpack(again, again.Length, again.Length), message)
                ? null
                : "does not survive being written and read again";
        }
    }
}
