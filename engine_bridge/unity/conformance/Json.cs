using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace WorldSDK.Conformance
{
    /// <summary>JSON into the codec's values: enough for the golden vectors. {"$bin": base64} becomes byte[].</summary>
    internal sealed class Json
    {
        private readonly string text;
        private int at;

        private Json(string text)
        {
            this.text = text;
        }

        public static object Parse(string text)
        {
            var reader = new Json(text);
            var value = reader.Value();
            reader.Space();
            if (reader.at != text.Length) throw new FormatException("something follows the JSON");
            return value;
        }

        private void Space()
        {
            while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
        }

        private bool Take(string word)
        {
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0) return false;
            at += word.Length;
            return true;
        }

        private object Value()
        {
            Space();
            if (Take("null")) return null;
            if (Take("true")) return true;
            if (Take("false")) return false;
            switch (text[at])
            {
                case '"': return String();
                case '[': return Array();
                case '{': return Map();
                default: return Number();
            }
        }

        private object Number()
        {
            var begin = at;
            while (at < text.Length && "+-0123456789.eE".IndexOf(text[at]) >= 0) at++;
            var digits = text.Substring(begin, at - begin);
            if (digits.IndexOfAny(new[] { '.', 'e', 'E' }) >= 0)
                return double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
            return long.Parse(digits, CultureInfo.InvariantCulture);
        }

        private string String()
        {
            var made = new StringBuilder();
            for (at++; text[at] != '"'; at++)
            {
                if (text[at] != '\\')
                {
                    made.Append(text[at]);
                    continue;
                }
                at++;
                var place = "\"\\/bfnrt".IndexOf(text[at]);
                if (place >= 0) made.Append("\"\\/\b\f\n\r\t"[place]);
                else
                {
                    made.Append((char)int.Parse(text.Substring(at + 1, 4), NumberStyles.HexNumber));
                    at += 4;
                }
            }
            at++;
            return made.ToString();
        }

        private object Array()
        {
            var list = new List<object>();
            at++;
            Space();
            if (Take("]")) return list;
            do
            {
                list.Add(Value());
                Space();
            } while (Take(","));
            if (!Take("]")) throw new FormatException("an array does not end");
            return list;
        }

        private object Map()
        {
            var map = new Dictionary<string, object>();
            at++;
            Space();
            if (Take("}")) return map;
            do
            {
                Space();
                var key = String();
                Space();
                if (!Take(":")) throw new FormatException("a key has no value");
                map[key] = Value();
                Space();
            } while (Take(","));
            if (!Take("}")) throw new FormatException("a map does not end");
            object bin;
            if (map.Count == 1 && map.TryGetValue("$bin", out bin)) return Convert.FromBase64String((string)bin);
            return map;
        }

        /// <summary>Equal in kind and content.</summary>
        public static bool Same(object a, object b)
        {
            if (a is List<object> && b is List<object>)
            {
                var left = (List<object>)a;
                var right = (List<object>)b;
                if (left.Count != right.Count) return false;
                for (var at = 0; at < left.Count; at++)
                    if (!Same(left[at], right[at])) return false;
                return true;
            }
            if (a is Dictionary<string, object> && b is Dictionary<string, object>)
            {
                var left = (Dictionary<string, object>)a;
                var right = (Dictionary<string, object>)b;
                if (left.Count != right.Count) return false;
                foreach (var entry in left)
                {
                    object other;
                    if (!right.TryGetValue(entry.Key, out other) || !Same(entry.Value, other)) return false;
                }
                return true;
            }
            if (a is byte[] && b is byte[])
                return Convert.ToBase64String((byte[])a) == Convert.ToBase64String((byte[])b);
            return Equals(a, b);
        }
    }
}
