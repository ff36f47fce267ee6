using System;
using System.Collections.Generic;
using Worldsdk.Protocol;

namespace WorldSDK
{
    /// <summary>What is said and heard while a connection lives.</summary>
    public sealed partial class Dialogue
    {
        /// <summary>Takes one binary message.</summary>
        public void Receive(byte[] data, int count, long now)
        {
            if (stage != Stage.Greeting && stage != Stage.Live) return;
            heard = now;
            try
            {
                Take(Messages.Read(data, count, true, Options.maxMessage), now);
            }
            catch (WorldException refusal)
            {
                // A newer server may say more than this bridge understands.
                if (refusal.Code != ErrorCode.UnknownType) Broken(refusal.Message);
            }
        }

        private void Take(Dictionary<string, object> message, long now)
        {
            var type = (string)message["t"];
            if (type == ServerMessage.Welcome) TakeWelcome(message, now);
            else if (type == ServerMessage.Error) TakeError(message);
            else if (type == ServerMessage.Event) TakeEvent(message);
            else if (type == ServerMessage.Pong)
                meter.Pong(Plain.Long(message, "t0"), Plain.Long(message, "t1"), Plain.Long(message, "t2"), now);
            else if (type == ServerMessage.Goaway)
            {
                leavingAction = Plain.Text(message, "action");
                leavingReason = Plain.Text(message, "reason");
                var elsewhere = Plain.Text(message, "url");
                if (elsewhere.Length > 0) Url = WorldOptions.Address(elsewhere);
            }
            else if (stage != Stage.Live) Broken(type + " came before welcome");
            else if (type == ServerMessage.Frame) TakeFrame(message, now);
            else TakeReceipt(type, message);
        }

        private void TakeFrame(Dictionary<string, object> message, long now)
        {
            var frame = WorldFrame.From(message, Welcome, now);
            if (frame.Seq != frameSeq + 1) throw WorldException.Bad("frame.seq", "is " + frame.Seq + ", out of turn");
            if (frame.Applied > inputSeq) throw WorldException.Bad("frame.applied", "names an input that was never sent");
            frameSeq = frame.Seq;
            while (steps.Count > 0 && steps.First.Value.Key <= frame.Applied) steps.RemoveFirst();
            var ack = Message("ack");
            ack["seq"] = frame.Seq;
            Send(ack);
            Latest = frame;
            Ended = frame.Ended;
            meter.Arrived(frame, now);
            if (Options.paced) presenter.Add(frame, now);
            else unshown = frame;
            Tell(new WorldEvent { Kind = WorldEventKind.Frame, Frame = frame, Tick = frame.Tick });
        }

        private void TakeReceipt(string type, Dictionary<string, object> message)
        {
            Asked asked;
            var re = Plain.Long(message, "re");
            if (!waiting.TryGetValue(re, out asked))
                throw WorldException.Bad(type, "is for a command that was not given");
            if (type == ServerMessage.Accepted) return;
            waiting.Remove(re);
            if (asked.Name == "pause" || asked.Name == "resume") Paused = asked.Name == "pause";
            if (Array.IndexOf(Jumps, asked.Name) >= 0)
            {
                meter.Skip(inputSeq);
                // The server puts everything at rest when the world jumps; the player's hand has not moved.
                if (Options.mode == Mode.Realtime) Devices.Touch();
            }
            Tell(new WorldEvent
            {
                Kind = WorldEventKind.Applied, Id = asked.Id, Name = asked.Name, Tick = Plain.Long(message, "tick"),
                Data = Plain.Map(message, "result"),
            });
        }

        private void TakeError(Dictionary<string, object> message)
        {
            Asked asked;
            var code = Plain.Text(message, "code");
            var text = Plain.Text(message, "message");
            var re = Plain.Long(message, "re", -1);
            var id = waiting.TryGetValue(re, out asked) ? asked.Id : 0;
            waiting.Remove(re);
            if (Plain.Bool(message, "fatal"))
            {
                var known = Failure.Of(code);
                if (code == ErrorCode.UnsupportedVersion) text = Failure.VersionSentence(text);
                else if (known != null) text += " " + known.Cure;
                fatalText = text;
                fatalRetry = Plain.Bool(message, "retry");
                retryAfter = Plain.Long(message, "retry_after_ms") * 1000;
            }
            Fail(code, text, id);
        }

        private void TakeEvent(Dictionary<string, object> message)
        {
            var name = Plain.Text(message, "name");
            if (name == EventName.Paused) Paused = true;
            else if (name == EventName.Resumed) Paused = false;
            else if (name == EventName.Ended) Ended = true;
            if (name == EventName.Paused) meter.Skip(inputSeq);
            Tell(new WorldEvent { Kind = WorldEventKind.Event, Name = name, Data = Plain.Map(message, "data") });
        }

        /// <summary>Sends inputs and pings that are due, notices silence, reports quality once a second.</summary>
        public void Update(long now)
        {
            if (stage == Stage.Opening || stage == Stage.Greeting)
            {
                if (now < deadline) return;
                dropSocket = true;
                Lost(0, "No answer within " + (int)Options.openSeconds + " s [" + Url + "]", true, now);
                return;
            }
            if (stage != Stage.Live) return;
            if (now - heard > Options.silenceSeconds * 1e6)
            {
                dropSocket = true;
                BeginTries(now);
                Lost(0, Failure.Of(Failure.ConnectionTimeout).Meaning,
                    resumeToken.Length > 0 || Options.role == Role.Viewer, now);
                return;
            }
            if (now - pinged >= 1000000)
            {
                pinged = now;
                var ping = Message("ping");
                ping["t0"] = now;
                Send(ping);
            }
            if (Options.mode == Mode.Realtime && Options.role != Role.Viewer && Devices.Dirty && now >= inputAt)
            {
                var fields = new Dictionary<string, object>();
                Devices.Take(fields);
                SayInput(fields, now);
                // Nine tenths: a server counts by its own clock.
                if (Welcome.InputHz > 0.0) inputAt = now + (long)(1e6 / (0.9 * Welcome.InputHz));
            }
            if (now < qualityAt) return;
            qualityAt = now + 1000000;
            Tell(new WorldEvent { Kind = WorldEventKind.Quality, Quality = Measure(now) });
        }

        /// <summary>The frame to show from now on, or null where what is shown stays. The server is told.</summary>
        public WorldFrame Present(long now)
        {
            var shown = Options.paced ? presenter.Take(now) : unshown;
            unshown = null;
            if (shown == null) return null;
            meter.Shown(shown, now);
            if (stage == Stage.Live && shown.Arrived >= welcomed && shown.Seq <= frameSeq)
            {
                var ack = Message("ack");
                ack["seq"] = shown.Seq;
                ack["shown"] = now;
                Send(ack);
            }
            return shown;
        }

        private void SayInput(Dictionary<string, object> fields, long now)
        {
            var input = Message("input");
            input["seq"] = ++inputSeq;
            input["ts"] = now;
            foreach (var field in fields) input[field.Key] = field.Value;
            Send(input);
            if (Options.mode == Mode.Lockstep)
                steps.AddLast(new KeyValuePair<long, Dictionary<string, object>>(inputSeq, fields));
        }

        /// <summary>Lockstep: ticks to take with what is held; answered by one frame. 0 if refused.</summary>
        public long Step(int ticks, long now)
        {
            if (!IsLive) return Refuse(Failure.NotConnected, "step: there is no connection; wait for connected");
            if (Options.mode != Mode.Lockstep || Options.role == Role.Viewer)
                return Refuse(ErrorCode.NotAllowed, "step is for steppers: connect with mode lockstep");
            if (ticks < 1 || ticks > Limit.MaxTicks) return Refuse(ErrorCode.BadMessage, "step: give 1 to 1000 ticks");
            var fields = new Dictionary<string, object>();
            Devices.Take(fields);
            if (ticks != 1) fields["ticks"] = (long)ticks;
            SayInput(fields, now);
            return inputSeq;
        }

        /// <summary>Sets a control by its name in the world; false, and Failed, where the world has none of it.</summary>
        public bool SetControl(string name, double value)
        {
            if (Welcome == null)
                return Refuse(Failure.NotConnected, "SetControl: there is no connection yet; wait for connected") != 0;
            if (Welcome.FindControl(name) == null)
            {
                var names = new List<string>();
                foreach (var control in Welcome.Controls) names.Add(control.Name);
                return Refuse(ErrorCode.ControlInvalid,
                    "the world has no control '" + name + "'; it has " + string.Join(", ", names.ToArray())) != 0;
            }
            if (double.IsNaN(value) || double.IsInfinity(value))
                return Refuse(ErrorCode.ControlInvalid, name + " is no finite number") != 0;
            Devices.Control(name, value);
            return true;
        }

        /// <summary>Sends a command; Applied or Failed has the returned id. 0, and Failed, where it cannot be given.</summary>
        /// <param name="capability">That the server must have; null for none.</param>
        public long Command(string name, Dictionary<string, object> args, string capability)
        {
            if (!IsLive) return Refuse(Failure.NotConnected, name + ": there is no connection; wait for connected");
            if (Options.role == Role.Viewer)
                return Refuse(ErrorCode.NotAllowed, name + ": viewers only watch; connect as a player or stepper");
            if ((capability != null && !Welcome.Can(capability)) || !Welcome.Commands.Contains(name))
                return Refuse(ErrorCode.NotCapable, "world '" + Welcome.World + "' on this server cannot " + name +
                    "; look at welcome's capabilities first");
            var asked = new Asked { Id = nextId + 1, Name = name, Args = args };
            var size = Msgpack.Pack(Encode(asked, wireId + 1)).Length;
            if (Welcome.MaxMessage > 0 && size > Welcome.MaxMessage)
                return Refuse(ErrorCode.TooLarge, name + ": the message has " + size + " bytes and the server takes " +
                    Welcome.MaxMessage);
            nextId++;
            SayCommand(asked);
            return asked.Id;
        }

        private long Refuse(string code, string text)
        {
            Fail(code, text);
            return 0;
        }

        private static Dictionary<string, object> Encode(Asked asked, long id)
        {
            var command = Message("command");
            command["id"] = id;
            command["name"] = asked.Name;
            if (asked.Args.Count > 0) command["args"] = asked.Args;
            return command;
        }

        private void SayCommand(Asked asked)
        {
            waiting[++wireId] = asked;
            Send(Encode(asked, wireId));
        }
    }
}
