using System;

namespace WorldSDK
{
    /// <summary>A WebSocket. One object is one connection.</summary>
    public interface ITransport : IDisposable
    {
        /// <summary>Begins to connect; the listener is told the rest, on any thread.</summary>
        /// <param name="maxMessage">Bytes of the largest message that may come; a larger one closes with 1009.</param>
        void Connect(string url, string subprotocol, long maxMessage, ITransportListener listener);

        /// <summary>Queues a binary message. It belongs to the transport from here on.</summary>
        void Send(byte[] message);

        /// <summary>Closes once what is queued was sent.</summary>
        void Close(int code);

        /// <summary>For transports without threads: called once a frame.</summary>
        void Poll();
    }

    /// <summary>What a transport tells. Exactly one of Refused and Closed comes last.</summary>
    public interface ITransportListener
    {
        void Opened();
        /// <param name="status">HTTP status, 0 where there is none.</param>
        void Refused(int status, string reason);
        void Received(byte[] data, int count);
        /// <param name="code">WebSocket close code, 0 without one.</param>
        void Closed(int code, string reason);
    }
}
