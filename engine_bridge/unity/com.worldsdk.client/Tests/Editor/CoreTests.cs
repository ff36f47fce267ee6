using System.Collections.Generic;
using NUnit.Framework;

namespace WorldSDK.Tests
{
    /// <summary>What Unity's own compiler must agree on; the wire's golden vectors are run outside of Unity.</summary>
    public sealed class CoreTests
    {
        [Test]
        public void AMessageSurvivesBeingWrittenAndRead()
        {
            var bytes = Msgpack.Pack(new Dictionary<string, object>
            {
                { "t", "frame" }, { "data", new byte[] { 1, 2 } }, { "list", new List<object> { 1L, -2L, 0.5, null, true } },
            });
            var read = Msgpack.Unpack(bytes, bytes.Length, 1024);
            Assert.AreEqual("frame", read["t"]);
            Assert.AreEqual(new byte[] { 1, 2 }, read["data"]);
            Assert.AreEqual(new List<object> { 1L, -2L, 0.5, null, true }, read["list"]);
        }

        [Test]
        public void ATapIsSentOnceAndThenReleased()
        {
            var devices = new Devices();
            devices.Key("KeyW", true);
            devices.Key("KeyW", false);
            var input = new Dictionary<string, object>();
            devices.Take(input);
            Assert.AreEqual(new List<object> { "KeyW" }, input["keys"]);
            Assert.IsTrue(devices.Dirty);
            var next = new Dictionary<string, object>();
            devices.Take(next);
            Assert.IsFalse(next.ContainsKey("keys"));
            Assert.IsFalse(devices.Dirty);
        }

        [Test]
        public void AnAddressIsFilledIn()
        {
            Assert.AreEqual("ws://localhost:8765/play", WorldOptions.Address("localhost:8765"));
            Assert.Throws<WorldException>(() => WorldOptions.Address("ws://host/play?token=secret"));
        }
    }
}
