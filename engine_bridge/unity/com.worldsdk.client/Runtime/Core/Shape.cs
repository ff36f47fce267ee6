using System;
using System.Collections.Generic;
using Worldsdk.Protocol;

namespace WorldSDK
{
    /// <summary>What a field may be: a check that throws <see cref="WorldException"/>.</summary>
    internal delegate void Shape(object value, string where);

    /// <summary>One key of a record. <c>KeepsNil</c>: it must be there, but may be nil.</summary>
    internal struct Field
    {
        public string Name;
        public Shape Check;
        public bool Required;
        public bool KeepsNil;
    }

    internal static class Shapes
    {
        private const int LongestKey = 128;

        private static WorldException Refuse(object value, string where, string wanted)
        {
            return WorldException.Bad(where, "is " + KindOf(value) + "; give " + wanted);
        }

        private static string KindOf(object value)
        {
            if (value == null) return "nil";
            if (value is bool) return "a bool";
            if (value is long) return "the integer " + value;
            if (value is double) return "a float";
            if (value is string) return "a string";
            if (value is byte[]) return "bin";
            return value is List<object> ? "an array" : "a map";
        }

        public static readonly Shape Any = (value, where) => { };

        public static readonly Shape Bool = (value, where) =>
        {
            if (!(value is bool)) throw Refuse(value, where, "true or false");
        };

        public static readonly Shape Bin = (value, where) =>
        {
            if (!(value is byte[])) throw Refuse(value, where, "bin");
        };

        public static Shape Int(long low = 0, long high = Limit.MaxInteger)
        {
            return (value, where) =>
            {
                if (!(value is long) || (long)value < low || (long)value > high)
                    throw Refuse(value, where, "an integer from " + low + " to " + high);
            };
        }

        public static Shape Float(double low = double.MinValue, double high = double.MaxValue)
        {
            return (value, where) =>
            {
                var number = value is double ? (double)value : value is long ? (long)value : double.NaN;
                if (!(number >= low && number <= high)) throw Refuse(value, where, "a number in range");
            };
        }

        public static Shape Text(int most = 4096, int least = 0)
        {
            return (value, where) =>
            {
                var text = value as string;
                if (text == null) throw Refuse(value, where, "a string");
                var length = Characters(text);
                if (length < least || length > most)
                    throw WorldException.Bad(where, "has " + length + " characters; give " + least + " to " + most);
            };
        }

        /// <summary>Code points: a pair of surrogates is one.</summary>
        private static int Characters(string text)
        {
            var count = text.Length;
            foreach (var letter in text)
                if (char.IsLowSurrogate(letter)) count--;
            return count;
        }

        public static Shape Choice(params string[] words)
        {
            return (value, where) =>
            {
                if (Array.IndexOf(words, value as string) < 0)
                    throw Refuse(value, where, "one of " + string.Join(", ", words));
            };
        }

        public static Shape List(Shape item, int most = (int)Limit.MaxItems, int least = 0)
        {
            return (value, where) =>
            {
                var list = value as List<object>;
                if (list == null || list.Count < least || list.Count > most)
                    throw Refuse(value, where, "an array of " + least + " to " + most + " entries");
                for (var at = 0; at < list.Count; at++) item(list[at], where + "[" + at + "]");
            };
        }

        public static Shape Places(params Shape[] places)
        {
            return (value, where) =>
            {
                var list = value as List<object>;
                if (list == null || list.Count != places.Length)
                    throw Refuse(value, where, "an array of " + places.Length + " entries");
                for (var at = 0; at < list.Count; at++) places[at](list[at], where + "[" + at + "]");
            };
        }

        public static Shape Map(Shape item, int most = (int)Limit.MaxItems)
        {
            return (value, where) =>
            {
                var map = value as Dictionary<string, object>;
                if (map == null || map.Count > most) throw Refuse(value, where, "a map of at most " + most + " entries");
                foreach (var entry in map)
                {
                    if (Characters(entry.Key) > LongestKey)
                        throw WorldException.Bad(where, "has a key that is too long for a name");
                    item(entry.Value, where + "." + entry.Key);
                }
            };
        }

        public static Field Must(string name, Shape check)
        {
            return new Field { Name = name, Check = check, Required = true };
        }

        public static Field MustOrNil(string name, Shape check)
        {
            return new Field { Name = name, Check = check, Required = true, KeepsNil = true };
        }

        public static Field May(string name, Shape check)
        {
            return new Field { Name = name, Check = check };
        }

        public static Shape Record(params Field[] fields)
        {
            return (value, where) =>
            {
                var map = value as Dictionary<string, object>;
                if (map == null) throw Refuse(value, where, "a map");
                foreach (var field in fields)
                {
                    object found;
                    var there = map.TryGetValue(field.Name, out found);
                    if (found != null) field.Check(found, where + "." + field.Name);
                    else if (field.Required && !(there && field.KeepsNil))
                        throw WorldException.Bad(where + "." + field.Name, there ? "is nil" : "is missing");
                }
            };
        }
    }
}
