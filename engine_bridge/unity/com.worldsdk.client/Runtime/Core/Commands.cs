using System.Collections.Generic;
using Worldsdk.Protocol;

namespace WorldSDK
{
    /// <summary>
    /// The verbs of every bridge. Each returns the command's id, which Applied or Failed will carry; 0 where it was
    /// refused at once (Failed says why).
    /// </summary>
    public static class Commands
    {
        private static Dictionary<string, object> Args()
        {
            return new Dictionary<string, object>();
        }

        private static long Give(WorldConnection to, string name, Dictionary<string, object> args, string capability)
        {
            return to.With(talk => talk.Command(name, args, capability));
        }

        private static Dictionary<string, object> Numbers(IDictionary<string, double> values)
        {
            var map = Args();
            foreach (var entry in values) map[entry.Key] = entry.Value;
            return map;
        }

        /// <param name="start">Index of a start context; -1: none chosen.</param>
        /// <param name="image">PNG, JPEG or WebP to start from, or null.</param>
        public static long Start(this WorldConnection to, long seed, long start = -1, byte[] image = null)
        {
            var args = Args();
            args["seed"] = seed;
            if (image != null)
            {
                args["image"] = image;
                return Give(to, CommandName.Start, args, Capability.ImageStart);
            }
            if (start >= 0) args["start"] = start;
            return Give(to, CommandName.Start, args, Capability.Start);
        }

        public static long Pause(this WorldConnection to)
        {
            return Give(to, CommandName.Pause, Args(), null);
        }

        public static long Resume(this WorldConnection to)
        {
            return Give(to, CommandName.Resume, Args(), null);
        }

        /// <summary>Back to a start context; what is below 0 stays as it is.</summary>
        public static long Reset(this WorldConnection to, long seed = -1, long start = -1)
        {
            var args = Args();
            if (seed >= 0) args["seed"] = seed;
            if (start >= 0) args["start"] = start;
            return Give(to, CommandName.Reset, args, Capability.Reset);
        }

        /// <param name="factor">0.1 to 4 times the world's own rate.</param>
        public static long SetSpeed(this WorldConnection to, double factor)
        {
            var args = Args();
            args["factor"] = factor;
            return Give(to, CommandName.Speed, args, Capability.Speed);
        }

        /// <summary>Applied's data has <c>snapshot</c>, the bytes.</summary>
        public static long Snapshot(this WorldConnection to)
        {
            return Give(to, CommandName.Snapshot, Args(), Capability.Snapshot);
        }

        public static long Restore(this WorldConnection to, byte[] bytes)
        {
            var args = Args();
            args["snapshot"] = bytes;
            return Give(to, CommandName.Restore, args, Capability.Snapshot);
        }

        /// <summary>Applied's data has <c>room</c>, <c>session</c> and <c>resume</c>, for the options of a second client.</summary>
        public static long Fork(this WorldConnection to)
        {
            return Give(to, CommandName.Fork, Args(), Capability.Fork);
        }

        public static long Rewind(this WorldConnection to, long ticks)
        {
            var args = Args();
            args["ticks"] = ticks;
            return Give(to, CommandName.Rewind, args, Capability.Rewind);
        }

        /// <summary>A real picture becomes the next tick.</summary>
        /// <param name="picture">PNG, JPEG or WebP file, or with <paramref name="raw"/> RGB of the world's size.</param>
        /// <param name="controls">What led to it, or null.</param>
        public static long Observe(this WorldConnection to, byte[] picture, bool raw, IDictionary<string, double> controls = null)
        {
            var args = Args();
            args[raw ? "pixels" : "image"] = picture;
            if (controls != null) args["controls"] = Numbers(controls);
            return Give(to, CommandName.Observe, args, Capability.Observe);
        }

        /// <summary>Moves the world's own variables, where it takes them.</summary>
        public static long SetState(this WorldConnection to, IDictionary<string, double> values)
        {
            var args = Args();
            args["values"] = Numbers(values);
            return Give(to, "state", args, "state");
        }

        /// <summary>What is 0 or null stays as it is.</summary>
        public static long SetQuality(this WorldConnection to, int steps = 0, string codec = null, int jpegQuality = 0,
            int credit = 0)
        {
            var args = Args();
            if (steps > 0) args["steps"] = (long)steps;
            if (!string.IsNullOrEmpty(codec)) args["codec"] = codec;
            if (jpegQuality > 0) args["jpeg_quality"] = (long)jpegQuality;
            if (credit > 0) args["credit"] = (long)credit;
            return Give(to, CommandName.Quality, args, Capability.Quality);
        }

        public static long SetPrompt(this WorldConnection to, string text)
        {
            var args = Args();
            args["text"] = text;
            return Give(to, CommandName.Prompt, args, Capability.Prompt);
        }

        public static long SetAnchor(this WorldConnection to, byte[] image)
        {
            var args = Args();
            args["image"] = image;
            return Give(to, CommandName.Anchor, args, Capability.Anchor);
        }

        /// <summary>Starts or stops the server's log of this session's inputs.</summary>
        public static long Record(this WorldConnection to, bool on)
        {
            var args = Args();
            args["on"] = on;
            return Give(to, CommandName.Record, args, Capability.Record);
        }
    }
}
