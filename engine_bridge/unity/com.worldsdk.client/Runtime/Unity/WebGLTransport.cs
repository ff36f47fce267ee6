#if UNITY_WEBGL && !UNITY_EDITOR || WORLDSDK_CHECK_WEBGL
using System.Runtime.InteropServices;
using System.Text;

namespace WorldSDK.Unity
{
    /// <summary>The browser's WebSocket, through WorldSDK.jslib. There are no threads: it is asked once a frame.</summary>
    internal sealed class WebGLTransport : ITransport
    {
        private const int Nothing = 0;
        private const int WasOpened = 1;
        private const int Message = 2;

        [DllImport("__Internal")] private static extern int WorldSDK_Open(byte[] url, byte[] subprotocol, double most);
        [DllImport("__Internal")] private static extern void WorldSDK_Send(int socket, byte[] data, int size);
        [DllImport("__Internal")] private static extern void WorldSDK_Close(int socket, int code);
        [DllImport("__Internal")] private static extern int WorldSDK_Next(int socket);
        [DllImport("__Internal")] private static extern int WorldSDK_Size(int socket);
        [DllImport("__Internal")] private static extern int WorldSDK_Code(int socket);
        [DllImport("__Internal")] private static extern void WorldSDK_Take(int socket, byte[] into, int size);

        private int socket = -1;
        private bool opened;
        private ITransportListener listener;
        private byte[] buffer = new byte[1 << 16];

        public void Connect(string url, string subprotocol, long maxMessage, ITransportListener told)
        {
            listener = told;
            socket = WorldSDK_Open(Terminated(url), Terminated(subprotocol), maxMessage);
        }

        private static byte[] Terminated(string text)
        {
            return Encoding.UTF8.GetBytes(text + "\0");
        }

        public void Send(byte[] message)
        {
            WorldSDK_Send(socket, message, message.Length);
        }

        public void Close(int code)
        {
            WorldSDK_Close(socket, code);
        }

        public void Poll()
        {
            while (socket >= 0)
            {
                var kind = WorldSDK_Next(socket);
                if (kind == Nothing) return;
                var size = WorldSDK_Size(socket);
                if (buffer.Length < size) buffer = new byte[size];
                var code = WorldSDK_Code(socket);
                WorldSDK_Take(socket, buffer, size);
                if (kind == WasOpened)
                {
                    opened = true;
                    listener.Opened();
                }
                else if (kind == Message) listener.Received(buffer, size);
                else
                {
                    socket = -1;
                    var reason = Encoding.UTF8.GetString(buffer, 0, size);
                    // Browsers do not tell pages why a connection did not come about.
                    if (opened) listener.Closed(code, reason);
                    else listener.Refused(0, reason);
                }
            }
        }

        public void Dispose()
        {
            if (socket >= 0) Close(1000);
        }
    }
}
#endif
