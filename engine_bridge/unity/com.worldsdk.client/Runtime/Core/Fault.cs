using System;

namespace WorldSDK
{
    /// <summary>What is wrong, where, and what would be right. <c>Code</c> is stable, from the protocol's table.</summary>
    public sealed class WorldException : Exception
    {
        public string Code { get; private set; }

        public WorldException(string code, string what, string fix = "")
            : base(fix.Length == 0 ? what : what + ": " + fix)
        {
            Code = code;
        }

        public static WorldException Bad(string where, string what)
        {
            return new WorldException(Worldsdk.Protocol.ErrorCode.BadMessage, where + " " + what);
        }
    }
}
