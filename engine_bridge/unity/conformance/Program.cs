using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Threading;

namespace WorldSDK.Conformance
{
    /// <summary>conformance.exe VECTORS [WS_URL]: the golden vectors and a short live session; one JSON line.</summary>
    internal static class Program
    {
        private static int frames;
        private static readonly HashSet<string> Seen = new HashSet<string>();

        private static int Main(string[] arguments)
        {
            if (arguments.Length < 1)
            {
                Console.Error.WriteLine("usage: conformance.exe VECTORS [WS_URL]");
                return 2;
            }
            int passed, failed;
            Vectors.Check(arguments[0], out passed, out failed);
            var live = "null";
            var good = failed == 0 && passed > 0;
            if (arguments.Length > 1)
            {
                var world = "";
                var photon = 0.0;
                var why = "";
                try
                {
                    world = Lockstep(arguments[1]);
                    photon = Realtime(arguments[1]);
                }
                catch (Exception error)
                {
                    why = error.Message;
                    Console.Error.WriteLine(why);
                }
                good = good && why.Length == 0 && Seen.Count > 1;
                live = string.Format(CultureInfo.InvariantCulture,
                    "{{\"frames\": {0}, \"different\": {1}, \"world\": \"{2}\", \"action_to_photon_ms\": {3:0.0}, \"ok\": {4}}}",
                    frames, Seen.Count, world, photon, why.Length == 0 ? "true" : "false");
            }
            Console.WriteLine("{\"bridge\": \"unity\", \"vectors\": {\"passed\": " + passed + ", \"failed\": " + failed +
                "}, \"live\": " + live + "}");
            return good ? 0 : 1;
        }

        internal static WorldEvent Await(WorldConnection connection, WorldEventKind kind)
        {
            for (var watch = Stopwatch.StartNew(); watch.ElapsedMilliseconds < 40000; Thread.Sleep(1))
            {
                connection.Update();
                WorldEvent news;
                while ((news = connection.NextEvent()) != null)
                {
                    if (news.Kind == kind) return news;
                    var over = news.Kind == WorldEventKind.Disconnected && !news.WillRetry;
                    if (news.Kind == WorldEventKind.Failed || over)
                        throw new InvalidOperationException(news.Kind + " " + news.Name + ": " + news.Text);
                }
            }
            throw new InvalidOperationException("no " + kind + " came within 40 s");
        }

        private static string Play(WorldConnection connection, int ticks)
        {
            var last = "";
            for (var tick = 0; tick < ticks; tick++)
            {
                var turns = tick % 3 == 0;
                connection.With(talk =>
                {
                    talk.Devices.Key("ArrowRight", turns);
                    talk.Devices.Key("ArrowUp", !turns);
                    return talk.Step(1, WorldConnection.Now);
                });
                last = Convert.ToBase64String(Await(connection, WorldEventKind.Frame).Frame.Pixels);
                Seen.Add(last);
                frames++;
            }
            return last;
        }

        /// <summary>Steps a world, saves it, goes on, and finds the same pictures again after restoring.</summary>
        private static string Lockstep(string url)
        {
            using (var connection = new WorldConnection(() => new ClientWebSocketTransport(), "mono"))
            {
                connection.Connect(url, new WorldOptions { role = "stepper", mode = "lockstep" });
                var welcome = Await(connection, WorldEventKind.Connected).Welcome;
                Await(connection, WorldEventKind.Frame);
                connection.Snapshot();
                var snapshot = Plain.Bytes(Await(connection, WorldEventKind.Applied).Data, "snapshot");
                var first = Play(connection, 40);
                connection.Restore(snapshot);
                Await(connection, WorldEventKind.Applied);
                Await(connection, WorldEventKind.Frame);
                if (Play(connection, 40) != first)
                    throw new InvalidOperationException("after restoring a snapshot the same inputs led elsewhere");
                return welcome.World;
            }
        }

        /// <summary>Two seconds on the server's clock with a key tapped and held.</summary>
        private static double Realtime(string url)
        {
            using (var connection = new WorldConnection(() => new ClientWebSocketTransport(), "mono"))
            {
                connection.Connect(url, new WorldOptions());
                Await(connection, WorldEventKind.Connected);
                for (var turn = 0; turn < 200; turn++)
                {
                    connection.With(talk =>
                    {
                        talk.Devices.Key("ArrowUp", turn % 20 < 10);
                        return 0;
                    });
                    connection.Update();
                    if (connection.Present() != null) frames++;
                    Thread.Sleep(10);
                }
                return connection.Quality.ActionToPhotonMs;
            }
        }
    }
}
