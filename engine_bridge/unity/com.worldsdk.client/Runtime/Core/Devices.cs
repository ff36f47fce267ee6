using System;
using System.Collections.Generic;
using Worldsdk.Protocol;

namespace WorldSDK
{
    /// <summary>
    /// What is held now, as inputs to be sent: levels, with a memory for presses shorter than the time between two.
    /// What went down and up again since the last input is still in the next one, its release in the one after that.
    /// </summary>
    public sealed class Devices
    {
        private readonly SortedSet<string> keys = new SortedSet<string>(StringComparer.Ordinal);
        private readonly SortedSet<string> tapped = new SortedSet<string>(StringComparer.Ordinal);
        private readonly Dictionary<string, double> pad = new Dictionary<string, double>();
        private readonly Dictionary<string, double> padPeak = new Dictionary<string, double>();
        private readonly Dictionary<string, double> controls = new Dictionary<string, double>();
        private readonly Dictionary<string, double> controlPeak = new Dictionary<string, double>();
        private double mouseX, mouseY;

        /// <summary>Whether there is something to be sent.</summary>
        public bool Dirty { get; private set; }

        /// <param name="code">KeyboardEvent.code.</param>
        public void Key(string code, bool down)
        {
            if (down == keys.Contains(code)) return;
            if (!down) keys.Remove(code);
            else if (keys.Count >= Limit.MaxKeys) return;
            else
            {
                keys.Add(code);
                tapped.Add(code);
            }
            Dirty = true;
        }

        /// <param name="input">Standard gamepad input, e.g. LeftStickX; right and down positive.</param>
        public void Pad(string input, double level)
        {
            Level(pad, padPeak, input, level);
        }

        public void Control(string name, double value)
        {
            Level(controls, controlPeak, name, value);
        }

        /// <summary>Pixels moved, right and down positive.</summary>
        public void Mouse(double right, double down)
        {
            if (right == 0.0 && down == 0.0) return;
            mouseX += right;
            mouseY += down;
            Dirty = true;
        }

        /// <summary>Everything at rest, as when the window loses focus.</summary>
        public void Release()
        {
            Dirty = Dirty || keys.Count + pad.Count + controls.Count > 0;
            keys.Clear();
            tapped.Clear();
            pad.Clear();
            padPeak.Clear();
            controls.Clear();
            controlPeak.Clear();
            mouseX = mouseY = 0.0;
        }

        /// <summary>What is held is to be sent again, as after a connection was taken up.</summary>
        public void Touch()
        {
            Dirty = true;
        }

        /// <summary>Adds what is held to an input.</summary>
        public void Take(Dictionary<string, object> input)
        {
            var codes = new List<object>();
            foreach (var code in keys) codes.Add(code);
            foreach (var code in tapped)
                if (!keys.Contains(code) && codes.Count < Limit.MaxKeys) codes.Add(code);
            if (codes.Count > 0) input["keys"] = codes;
            var released = codes.Count > keys.Count;
            tapped.Clear();
            released |= Write(input, "pad", pad, padPeak);
            released |= Write(input, "controls", controls, controlPeak);
            if (mouseX != 0.0 || mouseY != 0.0) input["mouse"] = new List<object> { mouseX, mouseY };
            mouseX = mouseY = 0.0;
            Dirty = released;
        }

        private void Level(Dictionary<string, double> now, Dictionary<string, double> peak, string name, double value)
        {
            double held;
            now.TryGetValue(name, out held);
            if (held == value) return;
            if (value == 0.0) now.Remove(name);
            else
            {
                now[name] = value;
                double most;
                peak.TryGetValue(name, out most);
                if (Math.Abs(value) >= Math.Abs(most)) peak[name] = value;
            }
            Dirty = true;
        }

        /// <summary>Writes what is held, and what was and is at rest again; returns whether there was such.</summary>
        private static bool Write(Dictionary<string, object> input, string name, Dictionary<string, double> now,
            Dictionary<string, double> peak)
        {
            var map = new Dictionary<string, object>();
            foreach (var entry in now) map[entry.Key] = entry.Value;
            foreach (var entry in peak)
                if (!now.ContainsKey(entry.Key)) map[entry.Key] = entry.Value;
            peak.Clear();
            if (map.Count > 0) input[name] = map;
            return map.Count > now.Count;
        }
    }
}
