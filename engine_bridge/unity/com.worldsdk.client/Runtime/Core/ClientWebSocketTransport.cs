#if !UNITY_WEBGL || UNITY_EDITOR
using System;
using System.Collections.Generic;
using System.Net.WebSockets;
using System.Threading;
using System.Threading.Tasks;

namespace WorldSDK
{
    /// <summary>The framework's own WebSocket. Messages arrive on threads of the pool, so decoding happens there.</summary>
    public sealed class ClientWebSocketTransport : ITransport
    {
        private readonly ClientWebSocket socket = new ClientWebSocket();
        private readonly CancellationTokenSource stop = new CancellationTokenSource();
        private readonly Queue<byte[]> queue = new Queue<byte[]>();
        private ITransportListener listener;
        private long most;
        private bool sending;
        private int closeCode = -1;

        public void Connect(string url, string subprotocol, long maxMessage, ITransportListener told)
        {
            listener = told;
            most = maxMessage;
            socket.Options.AddSubProtocol(subprotocol);
            Task.Run(() => Run(new Uri(url), subprotocol));
        }

        public void Poll()
        {
        }

        private async Task Run(Uri url, string subprotocol)
        {
            try
            {
                await socket.ConnectAsync(url, stop.Token).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                listener.Refused(Status(error), Reason(error));
                return;
            }
            if (socket.SubProtocol != subprotocol)
            {
                listener.Refused(400, "it did not choose " + subprotocol);
                Dispose();
                return;
            }
            listener.Opened();
            var code = 0;
            var reason = "";
            try
            {
                var buffer = new byte[1 << 16];
                var filled = 0;
                while (true)
                {
                    if (filled == buffer.Length)
                        Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, Math.Max(most + 1, 2L)));
                    var room = new ArraySegment<byte>(buffer, filled, buffer.Length - filled);
                    var got = await socket.ReceiveAsync(room, stop.Token).ConfigureAwait(false);
                    if (got.MessageType == WebSocketMessageType.Close) break;
                    filled += got.Count;
                    if (filled > most)
                    {
                        code = 1009;
                        await socket.CloseOutputAsync(WebSocketCloseStatus.MessageTooBig, "", stop.Token).ConfigureAwait(false);
                        break;
                    }
                    if (!got.EndOfMessage) continue;
                    listener.Received(buffer, filled);
                    filled = 0;
                }
                if (code == 0 && socket.CloseStatus.HasValue) code = (int)socket.CloseStatus.Value;
                reason = socket.CloseStatusDescription ?? "";
                if (socket.State == WebSocketState.CloseReceived)
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", stop.Token).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                if (code == 0) reason = Reason(error);
            }
            listener.Closed(code, reason);
            Dispose();
        }

        public void Send(byte[] message)
        {
            lock (queue)
            {
                queue.Enqueue(message);
                if (sending) return;
                sending = true;
            }
            Task.Run(() => Drain());
        }

        public void Close(int code)
        {
            lock (queue)
            {
                closeCode = code;
                if (sending) return;
                sending = true;
            }
            Task.Run(() => Drain());
            // A server that does not answer is not waited for longer than this.
            stop.CancelAfter(1000);
        }

        private async Task Drain()
        {
            try
            {
                while (true)
                {
                    byte[] next = null;
                    lock (queue)
                    {
                        if (queue.Count > 0) next = queue.Dequeue();
                        else if (closeCode < 0)
                        {
                            sending = false;
                            return;
                        }
                    }
                    if (next == null) break;
                    await socket.SendAsync(new ArraySegment<byte>(next), WebSocketMessageType.Binary, true, stop.Token)
                        .ConfigureAwait(false);
                }
                stop.CancelAfter(1000);
                await socket.CloseOutputAsync((WebSocketCloseStatus)closeCode, "", stop.Token).ConfigureAwait(false);
            }
            catch (Exception)
            {
                // The receiving side meets the same end and tells it.
            }
        }

        public void Dispose()
        {
            try
            {
                stop.Cancel();
                socket.Dispose();
            }
            catch (ObjectDisposedException)
            {
            }
        }

        /// <summary>The HTTP status that the framework names only in its sentence; 0 where it names none.</summary>
        private static int Status(Exception error)
        {
            for (; error != null; error = error.InnerException)
                foreach (var status in new[] { 400, 401, 403, 429, 503 })
                    if (error.Message.Contains("'" + status + "'") || error.Message.Contains("(" + status + ")")) return status;
            return 0;
        }

        private static string Reason(Exception error)
        {
            while (error.InnerException != null) error = error.InnerException;
            return error.Message;
        }
    }
}
#endif
