using System;
using System.Collections.Generic;
using Worldsdk.Protocol;

namespace WorldSDK
{
    /// <summary>
    /// One client's side of a session, across all of its connections. Bytes in, bytes out: no socket, clock or thread.
    /// A shell owns one and a transport and does as it is told: <see cref="WantsSocket"/> -> connect to <see cref="Url"/>
    /// and call <see cref="Opened"/> or <see cref="Refused"/>; each message -> <see cref="Receive"/>;
    /// <see cref="Outgoing"/> -> send; <see cref="WantsClose"/> -> close; the end -> <see cref="Closed"/>.
    /// Times are microseconds of one monotonic clock. Not safe to use from two threads at once.
    /// </summary>
    public sealed partial class Dialogue
    {
        private enum Stage { Idle, Waiting, Opening, Greeting, Live }

        private sealed class Asked
        {
            public long Id;
            public string Name;
            public Dictionary<string, object> Args;
        }

        private const int MostEvents = 256;

        /// <summary>Twice does what once does.</summary>
        private static readonly string[] Repeatable =
            { "pause", "resume", "reset", "start", "speed", "snapshot", "restore", "quality" };

        /// <summary>After these an earlier input says nothing about how long inputs take, and the server is at rest.</summary>
        private static readonly string[] Jumps =
            { "start", "reset", "restore", "rewind", "observe", "state", "pause", "resume", "speed" };

        private readonly LinkedList<WorldEvent> events = new LinkedList<WorldEvent>();
        private readonly Random random = new Random();
        private Stage stage = Stage.Idle;
        private string resumeToken = "", roomName = "", fatalText = "", leavingAction = "", leavingReason = "";
        private bool dropSocket, told, fatalRetry;
        private int attempts;
        private long triesEnd, retryAt, retryAfter, deadline, heard, pinged, inputAt, qualityAt;
        private long frameSeq, welcomed, inputSeq, wireId, nextId;
        private Dictionary<long, Asked> waiting = new Dictionary<long, Asked>();
        private LinkedList<KeyValuePair<long, Dictionary<string, object>>> steps =
            new LinkedList<KeyValuePair<long, Dictionary<string, object>>>();
        private WorldFrame unshown;
        private Presenter presenter = new Presenter(30.0);
        private Meter meter = new Meter();

        public readonly Queue<byte[]> Outgoing = new Queue<byte[]>();
        public Devices Devices { get; private set; }
        public WorldOptions Options { get; private set; }
        public string Url { get; private set; }
        /// <summary>Of the newest connection; null before the first.</summary>
        public Welcome Welcome { get; private set; }
        public WorldFrame Latest { get; private set; }
        public bool Paused { get; private set; }
        public bool Ended { get; private set; }
        /// <summary>What the server's log calls this engine.</summary>
        public string Engine = "unity";

        public bool IsLive { get { return stage == Stage.Live; } }
        public bool IsIdle { get { return stage == Stage.Idle; } }

        public Dialogue()
        {
            Devices = new Devices();
            Options = new WorldOptions();
            Url = "";
        }

        /// <summary>Begins. An older session is left first.</summary>
        /// <exception cref="WorldException">Address or options are no good; nothing has changed.</exception>
        public void Connect(string url, WorldOptions options, long now)
        {
            var address = WorldOptions.Address(url);
            options.Check();
            Disconnect();
            Url = address;
            Options = options;
            resumeToken = options.resume ?? "";
            roomName = "";
            Latest = unshown = null;
            waiting.Clear();
            steps.Clear();
            meter = new Meter();
            Devices = new Devices();
            told = Paused = Ended = false;
            BeginTries(now);
            stage = Stage.Waiting;
            retryAt = now;
        }

        /// <summary>Says goodbye: the seat is free at once. The shell sends what is outgoing, then closes.</summary>
        public void Disconnect()
        {
            if (stage == Stage.Idle) return;
            if (stage == Stage.Live) Send(Message("bye"));
            dropSocket = dropSocket || stage != Stage.Waiting;
            stage = Stage.Idle;
            TellEnd((int)CloseCode.Normal, "Disconnected.", false);
        }

        /// <summary>Whether to open a socket now; true once for each attempt.</summary>
        public bool WantsSocket(long now)
        {
            if (stage != Stage.Waiting || now < retryAt) return false;
            stage = Stage.Opening;
            deadline = now + (long)(Options.openSeconds * 1e6);
            return true;
        }

        /// <summary>Whether to close the socket once what is outgoing was sent; true once.</summary>
        public bool WantsClose()
        {
            var wanted = dropSocket;
            dropSocket = false;
            return wanted;
        }

        /// <summary>The next event, or null.</summary>
        public WorldEvent NextEvent()
        {
            if (events.Count == 0) return null;
            var next = events.First.Value;
            events.RemoveFirst();
            return next;
        }

        public Quality Measure(long now)
        {
            var made = meter.Read(Latest, now);
            made.Late = presenter.Late;
            made.Held = presenter.Held;
            made.PresentDelayMs = presenter.DelayMs;
            return made;
        }

        private static Dictionary<string, object> Message(string type)
        {
            return new Dictionary<string, object> { { "t", type } };
        }

        private void Send(Dictionary<string, object> message)
        {
            Outgoing.Enqueue(Msgpack.Pack(message));
        }

        /// <summary>Frames and quality keep their place in line, but the newest takes the place of an older one.</summary>
        private void Tell(WorldEvent news)
        {
            if (news.Kind == WorldEventKind.Frame || news.Kind == WorldEventKind.Quality)
            {
                for (var node = events.First; node != null; node = node.Next)
                {
                    if (node.Value.Kind != news.Kind) continue;
                    node.Value = news;
                    return;
                }
            }
            if (events.Count >= MostEvents) events.RemoveFirst();
            events.AddLast(news);
        }

        internal void Fail(string code, string text, long id = 0)
        {
            Tell(new WorldEvent { Kind = WorldEventKind.Failed, Name = code, Text = text, Id = id });
        }

        private void TellEnd(int code, string text, bool willRetry)
        {
            if (willRetry && told) return;
            told = willRetry;
            Tell(new WorldEvent { Kind = WorldEventKind.Disconnected, Code = code, Text = text, WillRetry = willRetry });
        }

        private void BeginTries(long now)
        {
            attempts = 0;
            triesEnd = now + (long)(Options.reconnectSeconds * 1e6);
        }

        /// <summary>Microseconds to wait before the next attempt: 0.2 s doubled up to 5, never less than the server asked
        /// for; -1 where that is beyond the time for it.</summary>
        private long NextTry(long now)
        {
            var wait = Math.Min(0.2e6 * Math.Pow(2.0, Math.Min(attempts, 10)), 5e6);
            // So that the clients of a server that came back do not all come at once.
            wait *= 0.75 + 0.5 * random.NextDouble();
            attempts++;
            var asked = Math.Max((long)wait, retryAfter);
            return now + asked <= triesEnd ? asked : -1;
        }
    }
}
