using System.Collections.Generic;

namespace WorldSDK
{
    /// <summary>Reads entries of a map as what is asked for; what is missing, nil or something else is empty.</summary>
    public static class Plain
    {
        private static readonly Dictionary<string, object> NoMap = new Dictionary<string, object>();
        private static readonly List<object> NoList = new List<object>();

        private static object Get(Dictionary<string, object> map, string key)
        {
            object found;
            map.TryGetValue(key, out found);
            return found;
        }

        public static long Long(Dictionary<string, object> map, string key, long fallback = 0)
        {
            var found = Get(map, key);
            return found is long ? (long)found : fallback;
        }

        public static double Number(Dictionary<string, object> map, string key)
        {
            return ToDouble(Get(map, key));
        }

        public static double ToDouble(object value)
        {
            return value is double ? (double)value : value is long ? (long)value : 0.0;
        }

        public static bool Bool(Dictionary<string, object> map, string key)
        {
            var found = Get(map, key);
            return found is bool && (bool)found;
        }

        public static string Text(Dictionary<string, object> map, string key)
        {
            return Get(map, key) as string ?? "";
        }

        public static byte[] Bytes(Dictionary<string, object> map, string key)
        {
            return Get(map, key) as byte[];
        }

        public static Dictionary<string, object> Map(Dictionary<string, object> map, string key)
        {
            return Get(map, key) as Dictionary<string, object> ?? NoMap;
        }

        public static List<object> List(Dictionary<string, object> map, string key)
        {
            return Get(map, key) as List<object> ?? NoList;
        }
    }
}
