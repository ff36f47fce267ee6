using System;
using System.Diagnostics;
using Worldsdk.Protocol;

namespace WorldSDK
{
    /// <summary>
    /// A dialogue over a transport, safe to use from any thread. Messages are read and pictures unpacked on the transport's
    /// threads; the program calls <see cref="Update"/> once a frame and takes events in its own time.
    /// </summary>
    public sealed class WorldConnection : IDisposable
    {
        private static readonly Stopwatch Clock = Stopwatch.StartNew();

        private readonly Func<ITransport> makeTransport;
        private readonly object gate = new object();
        private readonly Dialogue dialogue = new Dialogue();
        private ITransport transport;
        private Listener listener;

        /// <param name="transports">Makes a new transport for each connection.</param>
        public WorldConnection(Func<ITransport> transports, string engine = "unity")
        {
            makeTransport = transports;
            dialogue.Engine = engine;
        }

        /// <summary>Microseconds of this bridge's clock.</summary>
        public static long Now
        {
            get { return (long)(Clock.ElapsedTicks * (1e6 / Stopwatch.Frequency)); }
        }

        /// <exception cref="WorldException">Address or options are no good.</exception>
        public void Connect(string url, WorldOptions options)
        {
            lock (gate)
            {
                if (!dialogue.IsIdle)
                {
                    dialogue.Disconnect();
                    Flush();
                }
                dialogue.Connect(url, options, Now);
            }
            Update();
        }

        public void Disconnect()
        {
            lock (gate)
            {
                dialogue.Disconnect();
                Flush();
            }
        }

        public void Dispose()
        {
            Disconnect();
        }

        /// <summary>Opens connections, sends what is due, notices silence. Call once a frame.</summary>
        public void Update()
        {
            lock (gate)
            {
                if (transport != null) transport.Poll();
                dialogue.Update(Now);
                Flush();
                if (!dialogue.WantsSocket(Now)) return;
                transport = makeTransport();
                listener = new Listener(this);
                transport.Connect(dialogue.Url, Wire.Subprotocol, dialogue.Options.maxMessage, listener);
            }
        }

        /// <summary>Runs work under the lock, then sends what came of it.</summary>
        public T With<T>(Func<Dialogue, T> work)
        {
            lock (gate)
            {
                var result = work(dialogue);
                Flush();
                return result;
            }
        }

        /// <summary>The next event, or null.</summary>
        public WorldEvent NextEvent()
        {
            lock (gate) return dialogue.NextEvent();
        }

        /// <summary>The frame to show from now on, or null where what is shown stays.</summary>
        public WorldFrame Present()
        {
            return With(talk => talk.Present(Now));
        }

        public bool IsConnected { get { return With(talk => talk.IsLive); } }
        public Welcome Welcome { get { return With(talk => talk.Welcome); } }
        public WorldFrame Latest { get { return With(talk => talk.Latest); } }
        public Quality Quality { get { return With(talk => talk.Measure(Now)); } }

        private void Flush()
        {
            if (transport != null && listener != null && listener.Ready)
                while (dialogue.Outgoing.Count > 0) transport.Send(dialogue.Outgoing.Dequeue());
            if (!dialogue.WantsClose() || transport == null) return;
            transport.Close((int)CloseCode.Normal);
            transport = null;
            listener = null;
        }

        /// <summary>Of one connection; what an old one still says is not heard.</summary>
        private sealed class Listener : ITransportListener
        {
            private readonly WorldConnection owner;

            public bool Ready;

            public Listener(WorldConnection owner)
            {
                this.owner = owner;
            }

            private void Tell(Action<Dialogue> work)
            {
                lock (owner.gate)
                {
                    if (owner.listener != this) return;
                    work(owner.dialogue);
                    owner.Flush();
                }
            }

            public void Opened()
            {
                Tell(talk =>
                {
                    Ready = true;
                    talk.Opened(Now);
                });
            }

            public void Received(byte[] data, int count)
            {
                Tell(talk => talk.Receive(data, count, Now));
            }

            public void Refused(int status, string reason)
            {
                End(talk => talk.Refused(status, reason, Now));
            }

            public void Closed(int code, string reason)
            {
                End(talk => talk.Closed(code, reason, Now));
            }

            private void End(Action<Dialogue> work)
            {
                Tell(talk =>
                {
                    owner.transport = null;
                    owner.listener = null;
                    work(talk);
                });
            }
        }
    }
}
