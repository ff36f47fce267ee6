using System.Collections.Generic;

namespace WorldSDK
{
    /// <summary>A button or axis of the world. <c>Keys</c> are KeyboardEvent.codes, <c>Pad</c> standard gamepad inputs.</summary>
    public sealed class WorldControl
    {
        public string Name, Kind, Unit, Help;
        public double Low, High;
        public readonly Dictionary<string, double> Keys = new Dictionary<string, double>();
        public readonly Dictionary<string, double> Pad = new Dictionary<string, double>();
        /// <summary>"x" or "y", or null where the mouse does not move it.</summary>
        public string MouseAxis;
        public double MousePerPixel;
    }

    /// <summary>A number that comes with each frame, or a per-pixel layer.</summary>
    public sealed class WorldRange
    {
        public string Name, Unit;
        public double Low, High;
        public bool Cyclic, Settable;
    }

    /// <summary>What the server says of its world.</summary>
    public sealed class Welcome
    {
        public int Minor, Width, Height, Credit, Starts;
        public string Session, Room, Role, Mode, Resume, Codec, World, Title, Summary, ServerName, ServerVersion;
        public double Rate, BudgetMs, InputHz, ResumeSeconds;
        public long Tick, HeldSeq, MaxMessage, RewindTicks, ImageBytes;
        public bool Paused;
        public readonly List<WorldControl> Controls = new List<WorldControl>();
        public readonly List<WorldRange> Layers = new List<WorldRange>();
        public readonly List<WorldRange> State = new List<WorldRange>();
        public readonly HashSet<string> Capabilities = new HashSet<string>();
        public readonly HashSet<string> Commands = new HashSet<string>();

        public bool Can(string capability)
        {
            return Capabilities.Contains(capability);
        }

        public bool UsesMouse
        {
            get
            {
                foreach (var control in Controls)
                    if (control.MouseAxis != null) return true;
                return false;
            }
        }

        public WorldControl FindControl(string name)
        {
            foreach (var control in Controls)
                if (control.Name == name) return control;
            return null;
        }

        public WorldRange FindLayer(string name)
        {
            foreach (var layer in Layers)
                if (layer.Name == name) return layer;
            return null;
        }

        /// <param name="message">A welcome that has been checked.</param>
        internal static Welcome From(Dictionary<string, object> message)
        {
            var world = Plain.Map(message, "world");
            var server = Plain.Map(message, "server");
            var limits = Plain.Map(message, "limits");
            var size = Plain.List(message, "size");
            var made = new Welcome
            {
                Minor = (int)Plain.Long(message, "v"),
                Session = Plain.Text(message, "session"),
                Room = Plain.Text(message, "room"),
                Role = Plain.Text(message, "role"),
                Mode = Plain.Text(message, "mode"),
                Resume = Plain.Text(message, "resume"),
                Codec = Plain.Text(message, "codec"),
                World = Plain.Text(world, "name"),
                Title = Plain.Text(world, "title"),
                Summary = Plain.Text(world, "summary"),
                ServerName = Plain.Text(server, "name"),
                ServerVersion = Plain.Text(server, "version"),
                Width = (int)(long)size[0],
                Height = (int)(long)size[1],
                Rate = Plain.Number(message, "rate"),
                BudgetMs = Plain.Number(message, "budget_ms"),
                Tick = Plain.Long(message, "tick"),
                Starts = (int)Plain.Long(message, "starts"),
                Credit = (int)Plain.Long(message, "credit"),
                HeldSeq = Plain.Long(message, "held_seq"),
                Paused = Plain.Bool(message, "paused"),
                InputHz = Plain.Number(limits, "input_hz"),
                ResumeSeconds = Plain.Number(limits, "resume_seconds"),
                MaxMessage = Plain.Long(limits, "max_message"),
                RewindTicks = Plain.Long(limits, "rewind_ticks"),
                ImageBytes = Plain.Long(limits, "image_bytes"),
            };
            foreach (var item in Plain.List(message, "controls")) made.Controls.Add(Control((Dictionary<string, object>)item));
            foreach (var item in Plain.List(message, "layers")) made.Layers.Add(Range((Dictionary<string, object>)item));
            foreach (var item in Plain.List(message, "state")) made.State.Add(Range((Dictionary<string, object>)item));
            foreach (var item in Plain.List(message, "capabilities")) made.Capabilities.Add((string)item);
            foreach (var entry in Plain.Map(message, "commands")) made.Commands.Add(entry.Key);
            return made;
        }

        private static WorldRange Range(Dictionary<string, object> from)
        {
            return new WorldRange
            {
                Name = Plain.Text(from, "name"),
                Unit = Plain.Text(from, "unit"),
                Low = Plain.Number(from, "low"),
                High = Plain.Number(from, "high"),
                Cyclic = Plain.Bool(from, "cyclic"),
                Settable = Plain.Bool(from, "settable"),
            };
        }

        private static WorldControl Control(Dictionary<string, object> from)
        {
            var made = new WorldControl
            {
                Name = Plain.Text(from, "name"),
                Kind = Plain.Text(from, "kind"),
                Unit = Plain.Text(from, "unit"),
                Help = Plain.Text(from, "help"),
                Low = Plain.Number(from, "low"),
                High = Plain.Number(from, "high"),
            };
            foreach (var entry in Plain.Map(from, "keys")) made.Keys[entry.Key] = Plain.ToDouble(entry.Value);
            foreach (var entry in Plain.Map(from, "pad")) made.Pad[entry.Key] = Plain.ToDouble(entry.Value);
            var mouse = Plain.List(from, "mouse");
            if (mouse.Count == 2)
            {
                made.MouseAxis = (string)mouse[0];
                made.MousePerPixel = Plain.ToDouble(mouse[1]);
            }
            return made;
        }
    }
}
