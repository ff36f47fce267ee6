using System;
using System.Collections.Generic;

namespace WorldSDK
{
    /// <summary>
    /// When to show which frame: an absolute schedule from the server's time stamps, behind a buffer that adapts. Each
    /// frame is due at pts + least transit + delay, where the delay covers all but the worst jitter. One that comes after
    /// its moment is shown at once (late); one overtaken before it was shown is dropped; a beat without one is held.
    /// </summary>
    public sealed class Presenter
    {
        private const int Kept = 120;
        private const int MostWaiting = 8;
        private const double Gap = 500000.0;
        private const double Margin = 500.0;
        private const double LongestBeats = 3.0;

        private struct Waiting
        {
            public WorldFrame Frame;
            public double Due;
            public bool Late;
        }

        private readonly double period;
        private readonly List<double> transit = new List<double>();
        private readonly List<Waiting> waiting = new List<Waiting>();
        private double delay, last, expected;
        private bool begun;
        private int saidHeld;

        public int Late { get; private set; }
        public int Dropped { get; private set; }
        public int Held { get; private set; }
        public double DelayMs { get { return delay / 1000.0; } }

        /// <param name="rate">Ticks a second of the world.</param>
        public Presenter(double rate)
        {
            period = 1e6 / rate;
        }

        public void Add(WorldFrame frame, long now)
        {
            double stamp = frame.Pts;
            if (!begun || stamp < last || stamp - last > Gap) Restart();
            begun = true;
            last = stamp;
            transit.Add(now - stamp);
            if (transit.Count > Kept) transit.RemoveAt(0);
            var sorted = transit.ToArray();
            Array.Sort(sorted);
            // By the schedule as it was: no frame may excuse its own lateness.
            var due = stamp + sorted[0] + delay;
            var rank = (int)Math.Ceiling(0.95 * sorted.Length) - 1;
            var wanted = Math.Min(sorted[rank] - sorted[0], LongestBeats * period);
            // Up at once, for a hitch is seen; down slowly, for each step down is one too.
            delay = wanted > delay ? wanted : Math.Max(wanted, delay - 0.01 * period);
            waiting.Add(new Waiting { Frame = frame, Due = due, Late = now > due + Margin });
            while (waiting.Count > MostWaiting)
            {
                waiting.RemoveAt(0);
                Dropped++;
            }
        }

        /// <summary>The frame to show from now on, or null where what is shown stays.</summary>
        public WorldFrame Take(long now)
        {
            WorldFrame newest = null;
            while (waiting.Count > 0 && waiting[0].Due <= now)
            {
                if (newest != null) Dropped++;
                newest = waiting[0].Frame;
                expected = Math.Max(waiting[0].Due, now - period) + period;
                if (waiting[0].Late && (waiting.Count == 1 || waiting[1].Due > now)) Late++;
                waiting.RemoveAt(0);
            }
            if (newest != null) saidHeld = 0;
            else if (expected > 0.0 && waiting.Count == 0 && now - expected >= (saidHeld + 0.5) * period)
            {
                Held++;
                saidHeld++;
            }
            return newest;
        }

        /// <summary>Forgets the schedule, for a world that stood still or jumped; what waits is due at once.</summary>
        public void Restart()
        {
            transit.Clear();
            for (var at = 0; at < waiting.Count; at++)
                waiting[at] = new Waiting { Frame = waiting[at].Frame, Due = 0.0, Late = waiting[at].Late };
            begun = false;
            expected = delay = 0.0;
            saidHeld = 0;
        }
    }
}
