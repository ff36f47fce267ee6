using System.Collections.Generic;

namespace WorldSDK
{
    /// <summary>One picture and all that belongs to its tick.</summary>
    public sealed class WorldFrame
    {
        public long Seq, Tick, Pts, Applied, Steps, Replaced;
        /// <summary>This bridge's clock, microseconds, when the applied input was sent; -1 where there is none.</summary>
        public long Ts = -1;
        public bool Key, Ended, Truncated, Met, Held;
        public double Reward, TotalMs, QueueMs, EncodeMs;
        public int Width, Height;
        /// <summary>This bridge's clock, microseconds, when it came.</summary>
        public long Arrived;
        public string Codec, Hash;
        /// <summary>The picture as it came.</summary>
        public byte[] Data;
        /// <summary>Four bytes a pixel, from the bottom row up as engines' textures are; null for a codec that
        /// the engine must decode.</summary>
        public byte[] Pixels;
        public readonly Dictionary<string, double> State = new Dictionary<string, double>();
        public readonly Dictionary<string, byte[]> Layers = new Dictionary<string, byte[]>();

        /// <param name="message">A frame that has been checked.</param>
        /// <exception cref="WorldException">Its picture is not of the size that welcome said.</exception>
        internal static WorldFrame From(Dictionary<string, object> message, Welcome welcome, long now)
        {
            var made = new WorldFrame
            {
                Seq = Plain.Long(message, "seq"),
                Tick = Plain.Long(message, "tick"),
                Pts = Plain.Long(message, "pts"),
                Applied = Plain.Long(message, "applied"),
                Ts = Plain.Long(message, "ts", -1),
                Steps = Plain.Long(message, "steps"),
                Replaced = Plain.Long(message, "replaced"),
                Key = Plain.Bool(message, "key"),
                Ended = Plain.Bool(message, "ended"),
                Truncated = Plain.Bool(message, "truncated"),
                Met = Plain.Bool(message, "met"),
                Held = Plain.Bool(message, "held"),
                Reward = Plain.Number(message, "reward"),
                TotalMs = Plain.Number(message, "total_ms"),
                QueueMs = Plain.Number(message, "queue_ms"),
                EncodeMs = Plain.Number(message, "encode_ms"),
                Codec = Plain.Text(message, "codec"),
                Hash = Plain.Text(message, "hash"),
                Data = Plain.Bytes(message, "data"),
                Width = welcome.Width,
                Height = welcome.Height,
                Arrived = now,
            };
            foreach (var entry in Plain.Map(message, "state")) made.State[entry.Key] = Plain.ToDouble(entry.Value);
            foreach (var entry in Plain.Map(message, "layers")) made.Layers[entry.Key] = (byte[])entry.Value;
            if (made.Codec == Worldsdk.Protocol.Codec.RawRgba) made.Pixels = made.Unpack(4);
            else if (made.Codec == Worldsdk.Protocol.Codec.RawRgb) made.Pixels = made.Unpack(3);
            return made;
        }

        private byte[] Unpack(int step)
        {
            if (Data.Length != Width * Height * step)
                throw WorldException.Bad("frame.data", "has " + Data.Length + " bytes instead of " + Width * Height * step);
            var pixels = new byte[Width * Height * 4];
            for (var row = 0; row < Height; row++)
            {
                var from = row * Width * step;
                var to = (Height - 1 - row) * Width * 4;
                for (var column = 0; column < Width; column++, from += step, to += 4)
                {
                    pixels[to] = Data[from];
                    pixels[to + 1] = Data[from + 1];
                    pixels[to + 2] = Data[from + 2];
                    pixels[to + 3] = 255;
                }
            }
            return pixels;
        }

        /// <summary>A layer in its own unit, from the bottom row up; null where the frame has none of that name.</summary>
        public float[] Layer(WorldRange range)
        {
            byte[] bytes;
            if (range == null || !Layers.TryGetValue(range.Name, out bytes) || bytes.Length != Width * Height * 2) return null;
            var values = new float[Width * Height];
            var scale = (range.High - range.Low) / 65535.0;
            for (var row = 0; row < Height; row++)
            {
                var to = (Height - 1 - row) * Width;
                for (var column = 0; column < Width; column++)
                {
                    var at = 2 * (row * Width + column);
                    values[to + column] = (float)(range.Low + scale * (bytes[at] | (bytes[at + 1] << 8)));
                }
            }
            return values;
        }
    }
}
