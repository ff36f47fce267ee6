using System;
using System.Collections.Generic;
using Worldsdk.Protocol;

namespace WorldSDK
{
    /// <summary>How connections begin, end and are taken up again.</summary>
    public sealed partial class Dialogue
    {
        public void Opened(long now)
        {
            if (stage != Stage.Opening) return;
            stage = Stage.Greeting;
            heard = pinged = now;
            Outgoing.Clear();
            frameSeq = wireId = retryAfter = 0;
            fatalText = leavingAction = leavingReason = "";
            fatalRetry = false;
            var hello = Message("hello");
            hello["v"] = new List<object> { 0L, Worldsdk.Protocol.Version.Minor };
            hello["role"] = Options.role;
            hello["mode"] = Options.mode;
            hello["codecs"] = Words(Options.codecs);
            hello["max_message"] = (long)Options.maxMessage;
            hello["credit"] = (long)Options.credit;
            // Viewers have no token to come back with, only the room's name.
            var room = string.IsNullOrEmpty(Options.room) && Options.role == Role.Viewer ? roomName : Options.room;
            if (!string.IsNullOrEmpty(room)) hello["room"] = room;
            if (!string.IsNullOrEmpty(Options.token)) hello["token"] = Options.token;
            if (resumeToken.Length > 0) hello["resume"] = resumeToken;
            if (Options.layers.Count > 0) hello["layers"] = Words(Options.layers);
            hello["client"] = new Dictionary<string, object> { { "name", "worldsdk" }, { "engine", Engine } };
            try
            {
                Messages.Check(hello);
                Send(hello);
            }
            catch (WorldException refusal)
            {
                stage = Stage.Idle;
                dropSocket = true;
                Fail(refusal.Code, "connect: " + refusal.Message);
                TellEnd(0, refusal.Message, false);
            }
        }

        private static List<object> Words(List<string> words)
        {
            var list = new List<object>();
            foreach (var word in words) list.Add(word);
            return list;
        }

        /// <summary>No connection came about.</summary>
        /// <param name="status">HTTP status of the answer, 0 without one.</param>
        public void Refused(int status, string reason, long now)
        {
            if (stage != Stage.Opening) return;
            var code = status == 401 ? ErrorCode.Unauthenticated
                : status == 403 ? ErrorCode.Forbidden
                : status == 429 ? ErrorCode.RateLimited
                : status == 503 ? ErrorCode.NoCapacity
                : status == 400 ? ErrorCode.UnsupportedVersion
                : Failure.ConnectionFailed;
            var known = Failure.Of(code);
            var text = known.Meaning + (reason.Length == 0 ? " " : " (" + reason + ") ") + known.Cure;
            if (status == 400) text = Failure.VersionSentence(reason.Length == 0 ? "HTTP 400" : reason);
            // A server that is not up yet, or full, is waited for; one that refuses says so every time.
            var retry = known.Retry && Options.reconnectSeconds > 0f;
            if (!retry) Fail(code, text);
            Lost(0, text + " [" + Url + "]", retry, now);
        }

        /// <param name="code">WebSocket close code, 0 without one.</param>
        public void Closed(int code, string reason, long now)
        {
            if (stage == Stage.Idle || stage == Stage.Waiting) return;
            if (stage == Stage.Opening)
            {
                Refused(0, reason, now);
                return;
            }
            var known = Failure.OfClose(code);
            var viewer = Options.role == Role.Viewer;
            var retry = known != null ? known.Retry : code != CloseCode.Normal;
            var text = Failure.CloseSentence(code, reason);
            if (fatalText.Length > 0)
            {
                retry = fatalRetry;
                text = fatalText;
            }
            else if (code == CloseCode.UnsupportedVersion) text = Failure.VersionSentence(text);
            // Nobody is there to play: coming back by itself would keep the seat for ever.
            if (code == CloseCode.Idle && Options.mode == Mode.Realtime) retry = false;
            if (leavingAction.Length > 0)
            {
                retry = leavingAction == GoAwayAction.Resume || (leavingAction == GoAwayAction.Reconnect && viewer);
                text = "The server leaves: " + leavingReason;
            }
            if (stage == Stage.Live)
            {
                // A session goes on only with its token.
                if (resumeToken.Length == 0 && !viewer) retry = false;
                BeginTries(now);
            }
            Lost(code, text, retry, now);
        }

        private void Lost(int code, string text, bool retry, long now)
        {
            Outgoing.Clear();
            var wait = retry ? NextTry(now) : -1;
            stage = wait < 0 ? Stage.Idle : Stage.Waiting;
            retryAt = now + wait;
            if (wait < 0)
            {
                foreach (var entry in waiting)
                    Fail(Failure.ConnectionLost, "the connection was lost while " + entry.Value.Name + " was on its way",
                        entry.Value.Id);
                waiting.Clear();
            }
            TellEnd(code, text, wait >= 0);
        }

        private void Broken(string text)
        {
            // There is no telling what the next message of such a server would mean.
            Fail(ErrorCode.BadMessage, "The server broke the protocol: " + text);
            stage = Stage.Idle;
            dropSocket = true;
            TellEnd((int)CloseCode.BadMessage,
                "The server broke the protocol: " + text + "; " + Failure.OwnVersion + ". Update whichever is older.", false);
        }

        private void TakeWelcome(Dictionary<string, object> message, long now)
        {
            if (stage == Stage.Live)
            {
                Broken("it said welcome twice");
                return;
            }
            var first = Latest == null;
            Welcome = Welcome.From(message);
            if (Welcome.Minor > Worldsdk.Protocol.Version.Minor)
            {
                Broken("it speaks minor version " + Welcome.Minor + ", which was not offered");
                return;
            }
            stage = Stage.Live;
            resumeToken = Welcome.Resume;
            roomName = Welcome.Room;
            Paused = Welcome.Paused;
            presenter = new Presenter(Welcome.Rate);
            meter.NewConnection(Welcome.HeldSeq);
            if (!first) meter.Reconnects++;
            welcomed = now;
            inputAt = 0;
            told = false;
            if (qualityAt == 0) qualityAt = now + 1000000;
            SayAgain(now);
            Tell(new WorldEvent { Kind = WorldEventKind.Connected, Welcome = Welcome });
        }

        /// <summary>What the server has is done; what it has not is said again, with the same numbers in order.</summary>
        private void SayAgain(long now)
        {
            inputSeq = Welcome.HeldSeq;
            var unsaid = steps;
            steps = new LinkedList<KeyValuePair<long, Dictionary<string, object>>>();
            foreach (var step in unsaid)
                if (step.Key > Welcome.HeldSeq) SayInput(step.Value, now);
            if (Options.mode == Mode.Realtime) Devices.Touch();
            var lost = waiting;
            waiting = new Dictionary<long, Asked>();
            foreach (var entry in lost)
            {
                if (Array.IndexOf(Repeatable, entry.Value.Name) >= 0) SayCommand(entry.Value);
                else
                    Fail(Failure.ConnectionLost, "the connection was lost while " + entry.Value.Name +
                        " was on its way: it may or may not have happened, look at the tick", entry.Value.Id);
            }
        }
    }
}
