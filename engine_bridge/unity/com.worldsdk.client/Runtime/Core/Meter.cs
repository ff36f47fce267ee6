using System;
using System.Collections.Generic;

namespace WorldSDK
{
    /// <summary>Milliseconds, except <c>Rate</c> (frames a second) and the counts, of the connection's whole life.</summary>
    public struct Quality
    {
        public double Rate, AgeMs, ActionToPhotonMs, RttMs, JitterMs, PresentDelayMs;
        public long Frames, Replaced, Late, Missed, Held, Reconnects;
    }

    /// <summary>What the connection is like. Times are microseconds of one clock.</summary>
    internal sealed class Meter
    {
        private const double Longest = 10e6;

        private readonly Queue<double> arrivals = new Queue<double>();
        private readonly Queue<double> transit = new Queue<double>();
        private readonly Queue<double> actions = new Queue<double>();
        private readonly Queue<double> trips = new Queue<double>();
        private long counted;

        public long Frames, Replaced, Missed, Reconnects;

        public void Arrived(WorldFrame frame, long now)
        {
            Frames++;
            Replaced += frame.Replaced;
            if (!frame.Met) Missed++;
            Keep(arrivals, now);
            Keep(transit, now - frame.Pts);
        }

        /// <summary>Only the first frame that holds an input says how long that input took.</summary>
        public void Shown(WorldFrame frame, long now)
        {
            if (frame.Ts < 0 || frame.Applied <= counted) return;
            counted = frame.Applied;
            double took = now - frame.Ts;
            if (took >= 0.0 && took < Longest) Keep(actions, took);
        }

        public void Pong(long t0, long t1, long t2, long now)
        {
            Keep(trips, Math.Max(0.0, (double)(now - t0) - (t2 - t1)));
        }

        /// <summary>Inputs up to seq measure nothing: time stood still, or went elsewhere, meanwhile.</summary>
        public void Skip(long seq)
        {
            counted = Math.Max(counted, seq);
        }

        public void NewConnection(long heldSeq)
        {
            counted = Math.Min(counted, heldSeq);
            transit.Clear();
            trips.Clear();
            arrivals.Clear();
        }

        public Quality Read(WorldFrame newest, long now)
        {
            var made = new Quality { Frames = Frames, Replaced = Replaced, Missed = Missed, Reconnects = Reconnects };
            foreach (var at in arrivals)
                if (now - at <= 1e6) made.Rate++;
            if (newest != null) made.AgeMs = (now - newest.Arrived) / 1000.0;
            made.ActionToPhotonMs = Rank(actions, 0.5) / 1000.0;
            made.RttMs = Rank(trips, 0.5) / 1000.0;
            made.JitterMs = (Rank(transit, 0.95) - Rank(transit, 0.0)) / 1000.0;
            return made;
        }

        private static void Keep(Queue<double> list, double value)
        {
            list.Enqueue(value);
            if (list.Count > 240) list.Dequeue();
        }

        private static double Rank(Queue<double> list, double part)
        {
            if (list.Count == 0) return 0.0;
            var sorted = list.ToArray();
            Array.Sort(sorted);
            return sorted[Math.Min((int)(part * sorted.Length), sorted.Length - 1)];
        }
    }
}
