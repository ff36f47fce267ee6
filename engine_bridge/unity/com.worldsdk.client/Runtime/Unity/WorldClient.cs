using System;
using System.Collections.Generic;
using UnityEngine;
using UnityEngine.Events;

namespace WorldSDK.Unity
{
    [Serializable] public sealed class ConnectedEvent : UnityEvent<Welcome> { }
    [Serializable] public sealed class FrameEvent : UnityEvent<WorldFrame> { }
    [Serializable] public sealed class AppliedEvent : UnityEvent<string, long, Dictionary<string, object>> { }
    [Serializable] public sealed class QualityEvent : UnityEvent<Quality> { }
    [Serializable] public sealed class NewsEvent : UnityEvent<string, Dictionary<string, object>> { }
    [Serializable] public sealed class FailedEvent : UnityEvent<string, string> { }
    [Serializable] public sealed class DisconnectedEvent : UnityEvent<int, string, bool> { }

    /// <summary>
    /// A connection to a worldsdk server, with its picture as <see cref="Texture"/>. Messages are read and raw pictures
    /// unpacked off the main thread; events come on it.
    /// </summary>
    [AddComponentMenu("WorldSDK/World Client")]
    public sealed class WorldClient : MonoBehaviour
    {
        [Tooltip("ws://host:port; /play is filled in.")]
        public string url = "ws://localhost:8765";
        public WorldOptions options = new WorldOptions();
        public bool connectOnEnable = true;
        [Tooltip("Keyboard, mouse and gamepad move the controls that the world binds them to.")]
        public bool bindInput = true;
        [Tooltip("Writes refusals and disconnections to the console.")]
        public bool logFailures = true;

        public ConnectedEvent connected = new ConnectedEvent();
        public FrameEvent frame = new FrameEvent();
        /// <summary>Command, first tick that it holds for, result.</summary>
        public AppliedEvent applied = new AppliedEvent();
        public QualityEvent quality = new QualityEvent();
        public NewsEvent news = new NewsEvent();
        /// <summary>Code, sentence.</summary>
        public FailedEvent failed = new FailedEvent();
        /// <summary>WebSocket close code or 0, sentence, whether the connection is being taken up again.</summary>
        public DisconnectedEvent disconnected = new DisconnectedEvent();
        /// <summary>Every event as it is, ids included, for code.</summary>
        public event Action<WorldEvent> Happened;

        private readonly WorldInput input = new WorldInput();
        private WorldConnection connection;

        /// <summary>The newest picture; null before the first. Made anew where the world's size changes.</summary>
        public Texture2D Texture { get; private set; }

        /// <summary>For everything that has no shortcut here: the verbs are its extension methods.</summary>
        public WorldConnection Connection
        {
            get
            {
                if (connection == null) connection = new WorldConnection(NewTransport);
                return connection;
            }
        }

        public bool IsConnected { get { return Connection.IsConnected; } }
        public Welcome Welcome { get { return Connection.Welcome; } }
        public WorldFrame Latest { get { return Connection.Latest; } }

        private static ITransport NewTransport()
        {
#if UNITY_WEBGL && !UNITY_EDITOR
            return new WebGLTransport();
#else
            return new ClientWebSocketTransport();
#endif
        }

        private void OnEnable()
        {
            if (connectOnEnable) Connect(url, options);
        }

        private void OnDisable()
        {
            if (connection != null) connection.Disconnect();
        }

        private void OnDestroy()
        {
            if (Texture != null) Destroy(Texture);
        }

        private void OnApplicationFocus(bool focused)
        {
            if (focused || connection == null) return;
            connection.With(talk =>
            {
                talk.Devices.Release();
                return 0;
            });
        }

        /// <summary>Leaves an older session first. Refusals come as <see cref="failed"/>.</summary>
        public void Connect(string address, WorldOptions wishes)
        {
            url = address;
            options = wishes;
            try
            {
                Connection.Connect(address, wishes);
            }
            catch (WorldException refusal)
            {
                Tell(new WorldEvent { Kind = WorldEventKind.Failed, Name = refusal.Code, Text = refusal.Message });
            }
        }

        public void Disconnect()
        {
            Connection.Disconnect();
        }

        /// <summary>A control by the world's own name; false, and failed, where it has none of that name.</summary>
        public bool SetControl(string name, float value)
        {
            return Connection.With(talk => talk.SetControl(name, value));
        }

        public bool Press(string name)
        {
            return SetControl(name, 1f);
        }

        public bool Release(string name)
        {
            return SetControl(name, 0f);
        }

        /// <summary>Lockstep: ticks to take with what is held; answered by one frame.</summary>
        public long Step(int ticks = 1)
        {
            return Connection.With(talk => talk.Step(ticks, WorldConnection.Now));
        }

        public long StartWorld(long seed, long start = -1)
        {
            return Connection.Start(seed, start);
        }

        public long Pause()
        {
            return Connection.Pause();
        }

        public long Resume()
        {
            return Connection.Resume();
        }

        /// <summary>For buttons: back to where the session began.</summary>
        public void ResetWorld()
        {
            Connection.Reset();
        }

        /// <summary>A state variable of the newest frame, e.g. x or heading.</summary>
        public float GetState(string name, float fallback = 0f)
        {
            double value;
            var newest = Latest;
            return newest != null && newest.State.TryGetValue(name, out value) ? (float)value : fallback;
        }

        /// <summary>Pushes what a camera of this game sees as the world's next tick.</summary>
        /// <param name="rendered">Readable, of any size: it is sent as PNG.</param>
        public long Observe(Texture2D rendered, IDictionary<string, double> controls = null)
        {
            return Connection.Observe(rendered.EncodeToPNG(), false, controls);
        }

        private void Update()
        {
            if (connection == null) return;
            if (bindInput) input.Poll(connection);
            connection.Update();
            for (var next = connection.NextEvent(); next != null; next = connection.NextEvent()) Tell(next);
            var shown = connection.Present();
            if (shown != null) Show(shown);
        }

        private void Show(WorldFrame shown)
        {
            if (Texture == null || Texture.width != shown.Width || Texture.height != shown.Height)
            {
                if (Texture != null) Destroy(Texture);
                Texture = new Texture2D(shown.Width, shown.Height, TextureFormat.RGBA32, false);
                Texture.name = "WorldSDK";
                Texture.wrapMode = TextureWrapMode.Clamp;
            }
            if (shown.Pixels != null)
            {
                Texture.LoadRawTextureData(shown.Pixels);
                Texture.Apply(false);
            }
            // Unity decodes pictures on the main thread only: a codec asked for by hand is paid for here.
            else if (!Texture.LoadImage(shown.Data))
                Tell(new WorldEvent
                {
                    Kind = WorldEventKind.Failed, Name = "image_invalid",
                    Text = "Unity cannot decode " + shown.Codec + "; ask for raw_rgba, raw_rgb, jpeg or png",
                });
        }

        private void Tell(WorldEvent next)
        {
            if (Happened != null) Happened(next);
            switch (next.Kind)
            {
                case WorldEventKind.Connected:
                    connected.Invoke(next.Welcome);
                    break;
                case WorldEventKind.Frame:
                    frame.Invoke(next.Frame);
                    break;
                case WorldEventKind.Applied:
                    applied.Invoke(next.Name, next.Tick, next.Data);
                    break;
                case WorldEventKind.Quality:
                    quality.Invoke(next.Quality);
                    break;
                case WorldEventKind.Event:
                    news.Invoke(next.Name, next.Data);
                    break;
                case WorldEventKind.Failed:
                    if (logFailures) Debug.LogWarning("WorldSDK [" + next.Name + "] " + next.Text, this);
                    failed.Invoke(next.Name, next.Text);
                    break;
                case WorldEventKind.Disconnected:
                    if (logFailures) Debug.Log("WorldSDK disconnected (" + next.Code + "): " + next.Text, this);
                    disconnected.Invoke(next.Code, next.Text, next.WillRetry);
                    break;
            }
        }
    }
}
