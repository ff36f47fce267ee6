using System;
using System.Collections.Generic;
using System.Text;
using Worldsdk.Protocol;

namespace WorldSDK
{
    /// <summary>
    /// msgpack within the protocol's limits (SPEC section 2). Values are null, bool, long, double, string, byte[],
    /// <c>List&lt;object&gt;</c> and <c>Dictionary&lt;string, object&gt;</c>. No reflection: safe under IL2CPP.
    /// </summary>
    public static class Msgpack
    {
        private static readonly UTF8Encoding Strict = new UTF8Encoding(false, true);

        /// <summary>The value as bytes.</summary>
        /// <exception cref="ArgumentException">It holds a type that the wire has no form for.</exception>
        public static byte[] Pack(object value)
        {
            var writer = new Writer();
            writer.Put(value);
            return writer.ToArray();
        }

        /// <summary>The one map in <paramref name="data"/>. Memory grows with its bytes, never with what they claim.</summary>
        /// <exception cref="WorldException">too_large or bad_message.</exception>
        public static Dictionary<string, object> Unpack(byte[] data, int count, long maxBytes)
        {
            if (count > maxBytes)
                throw new WorldException(ErrorCode.TooLarge, "the message has " + count + " bytes",
                    "send at most " + maxBytes);
            var reader = new Reader(data, count);
            var map = reader.Read(0) as Dictionary<string, object>;
            if (map == null) throw WorldException.Bad("the message", "is no map");
            reader.End();
            return map;
        }

        private sealed class Writer
        {
            private byte[] buffer = new byte[256];
            private int size;

            public byte[] ToArray()
            {
                var done = new byte[size];
                Buffer.BlockCopy(buffer, 0, done, 0, size);
                return done;
            }

            private void Room(int more)
            {
                if (size + more > buffer.Length) Array.Resize(ref buffer, Math.Max(size + more, 2 * buffer.Length));
            }

            private void Byte(int value)
            {
                Room(1);
                buffer[size++] = (byte)value;
            }

            private void Bytes(byte[] bytes)
            {
                Room(bytes.Length);
                Buffer.BlockCopy(bytes, 0, buffer, size, bytes.Length);
                size += bytes.Length;
            }

            private void Big(ulong value, int width)
            {
                for (var shift = (width - 1) * 8; shift >= 0; shift -= 8) Byte((int)((value >> shift) & 0xFF));
            }

            public void Put(object value)
            {
                if (value == null) Byte(0xC0);
                else if (value is bool) Byte((bool)value ? 0xC3 : 0xC2);
                else if (value is int) Int((int)value);
                else if (value is long) Int((long)value);
                else if (value is float) Real((float)value);
                else if (value is double) Real((double)value);
                else if (value is string) Text((string)value);
                else if (value is byte[])
                {
                    Sized(((byte[])value).Length, 0xC4, 0xC5, 0xC6);
                    Bytes((byte[])value);
                }
                else if (value is List<object>)
                {
                    var list = (List<object>)value;
                    Nested(list.Count, 0x90, 0xDC);
                    foreach (var item in list) Put(item);
                }
                else if (value is Dictionary<string, object>)
                {
                    var map = (Dictionary<string, object>)value;
                    Nested(map.Count, 0x80, 0xDE);
                    foreach (var entry in map)
                    {
                        Text(entry.Key);
                        Put(entry.Value);
                    }
                }
                else throw new ArgumentException("the wire has no form for " + value.GetType().Name);
            }

            private void Text(string text)
            {
                var bytes = Strict.GetBytes(text);
                if (bytes.Length < 32) Byte(0xA0 | bytes.Length);
                else Sized(bytes.Length, 0xD9, 0xDA, 0xDB);
                Bytes(bytes);
            }

            private void Real(double value)
            {
                Byte(0xCB);
                Big((ulong)BitConverter.DoubleToInt64Bits(value), 8);
            }

            private void Int(long value)
            {
                if (value >= -32 && value < 128)
                {
                    Byte((int)(value & 0xFF));
                    return;
                }
                var positive = value >= 0;
                var reach = positive ? value : -(value + 1);
                var half = positive ? 0 : 1;
                var width = reach <= 0xFF >> half ? 1 : reach <= 0xFFFF >> half ? 2 : reach <= 0xFFFFFFFFL >> half ? 4 : 8;
                var order = width == 1 ? 0 : width == 2 ? 1 : width == 4 ? 2 : 3;
                Byte((positive ? 0xCC : 0xD0) + order);
                Big((ulong)value, width);
            }

            private void Sized(int length, int one, int two, int four)
            {
                var width = length <= 0xFF ? 1 : length <= 0xFFFF ? 2 : 4;
                Byte(width == 1 ? one : width == 2 ? two : four);
                Big((ulong)length, width);
            }

            private void Nested(int count, int small, int wide)
            {
                if (count < 16)
                {
                    Byte(small | count);
                    return;
                }
                Byte(count <= 0xFFFF ? wide : wide + 1);
                Big((ulong)count, count <= 0xFFFF ? 2 : 4);
            }
        }

        private sealed class Reader
        {
            private readonly byte[] data;
            private readonly int size;
            private int at;
            private long seen;

            public Reader(byte[] data, int size)
            {
                this.data = data;
                this.size = size;
            }

            public void End()
            {
                if (at != size) throw Bad("does not end where its map ends");
            }

            private static WorldException Bad(string what)
            {
                return WorldException.Bad("the message", what);
            }

            private ulong Big(int width)
            {
                if (size - at < width) throw Bad("is cut short");
                ulong value = 0;
                for (var step = 0; step < width; step++) value = (value << 8) | data[at++];
                return value;
            }

            public object Read(int depth)
            {
                if (++seen > Limit.MaxValues) throw Bad("holds more than " + Limit.MaxValues + " values");
                var first = (int)Big(1);
                if (first <= 0x7F) return (long)first;
                if (first <= 0x8F) return Map((ulong)(first & 0x0F), depth);
                if (first <= 0x9F) return List((ulong)(first & 0x0F), depth);
                if (first <= 0xBF) return Text((ulong)(first & 0x1F));
                if (first >= 0xE0) return (long)first - 0x100;
                switch (first)
                {
                    case 0xC0: return null;
                    case 0xC2: return false;
                    case 0xC3: return true;
                    case 0xC4: return Bin(Big(1));
                    case 0xC5: return Bin(Big(2));
                    case 0xC6: return Bin(Big(4));
                    case 0xCA: return Real(BitConverter.ToSingle(BitConverter.GetBytes((uint)Big(4)), 0));
                    case 0xCB: return Real(BitConverter.Int64BitsToDouble((long)Big(8)));
                    case 0xCC: return (long)Big(1);
                    case 0xCD: return (long)Big(2);
                    case 0xCE: return (long)Big(4);
                    case 0xCF:
                        var wide = Big(8);
                        if (wide > (ulong)Limit.MaxInteger) throw Bad("holds an integer beyond 2^53 - 1");
                        return (long)wide;
                    case 0xD0: return (long)(sbyte)(byte)Big(1);
                    case 0xD1: return (long)(short)(ushort)Big(2);
                    case 0xD2: return (long)(int)(uint)Big(4);
                    case 0xD3:
                        var number = (long)Big(8);
                        if (number > Limit.MaxInteger || number < -Limit.MaxInteger)
                            throw Bad("holds an integer beyond 2^53 - 1");
                        return number;
                    case 0xD9: return Text(Big(1));
                    case 0xDA: return Text(Big(2));
                    case 0xDB: return Text(Big(4));
                    case 0xDC: return List(Big(2), depth);
                    case 0xDD: return List(Big(4), depth);
                    case 0xDE: return Map(Big(2), depth);
                    case 0xDF: return Map(Big(4), depth);
                    default: throw Bad("holds an ext type or an unused code");
                }
            }

            private static object Real(double value)
            {
                if (double.IsNaN(value) || double.IsInfinity(value)) throw Bad("holds NaN or infinity");
                return value;
            }

            private string Text(ulong length)
            {
                if (length > (ulong)(size - at)) throw Bad("is cut short");
                try
                {
                    var text = Strict.GetString(data, at, (int)length);
                    at += (int)length;
                    return text;
                }
                catch (ArgumentException)
                {
                    throw Bad("holds a string that is not UTF-8");
                }
            }

            private byte[] Bin(ulong length)
            {
                if (length > (ulong)(size - at)) throw Bad("is cut short");
                var bytes = new byte[(int)length];
                Buffer.BlockCopy(data, at, bytes, 0, bytes.Length);
                at += bytes.Length;
                return bytes;
            }

            private int Fits(ulong count, int depth, ulong each)
            {
                if (depth >= Limit.MaxDepth) throw Bad("is nested deeper than " + Limit.MaxDepth);
                if (count > (ulong)Limit.MaxItems) throw Bad("holds more than " + Limit.MaxItems + " entries in one place");
                if (count * each > (ulong)(size - at)) throw Bad("is cut short");
                return (int)count;
            }

            private List<object> List(ulong claimed, int depth)
            {
                var count = Fits(claimed, depth, 1);
                var list = new List<object>(count);
                for (var step = 0; step < count; step++) list.Add(Read(depth + 1));
                return list;
            }

            private Dictionary<string, object> Map(ulong claimed, int depth)
            {
                var count = Fits(claimed, depth, 2);
                var map = new Dictionary<string, object>(count, StringComparer.Ordinal);
                for (var step = 0; step < count; step++)
                {
                    var key = Read(depth + 1) as string;
                    if (key == null) throw Bad("has a key that is no string");
                    if (map.ContainsKey(key)) throw Bad("names a key twice");
                    map.Add(key, Read(depth + 1));
                }
                return map;
            }
        }
    }
}
