// What the connection is like: rate, age, the way from hand to eye, and what went missing.
#pragma once

#include <algorithm>
#include <deque>

#include "WorldSDKCore/Welcome.h"

namespace worldsdk
{
/** Milliseconds, except `rate` (frames a second) and the counts, which are of this connection's whole life. */
struct Quality
{
    double rate = 0.0, ageMs = 0.0, actionToPhotonMs = 0.0, rttMs = 0.0, jitterMs = 0.0, presentDelayMs = 0.0;
    std::int64_t frames = 0, replaced = 0, late = 0, missed = 0, held = 0, reconnects = 0;
};

class Meter
{
public:
    std::int64_t frames = 0, replaced = 0, missed = 0, reconnects = 0;

    void Arrived(const Frame& frame, std::int64_t now)
    {
        ++frames;
        replaced += frame.replaced;
        missed += frame.met ? 0 : 1;
        Keep(arrivals, static_cast<double>(now));
        Keep(transit, static_cast<double>(now - frame.pts));
    }

    /** Only the first frame that holds an input says how long that input took. */
    void Shown(const Frame& frame, std::int64_t now)
    {
        if (frame.ts < 0 || frame.applied <= counted) return;
        counted = frame.applied;
        const double took = static_cast<double>(now - frame.ts);
        if (took >= 0.0 && took < kLongest) Keep(actions, took);
    }

    void Pong(std::int64_t t0, std::int64_t t1, std::int64_t t2, std::int64_t now)
    {
        Keep(trips, std::max(0.0, static_cast<double>(now - t0) - static_cast<double>(t2 - t1)));
    }

    /** Inputs up to `seq` measure nothing: time stood still, or went elsewhere, while they were on their way. */
    void Skip(std::int64_t seq) { counted = std::max(counted, seq); }

    void NewConnection(std::int64_t heldSeq)
    {
        counted = std::min(counted, heldSeq);
        transit.clear();
        trips.clear();
        arrivals.clear();
    }

    Quality Read(const Frame* newest, std::int64_t now) const
    {
        Quality out;
        const auto recent = std::count_if(arrivals.begin(), arrivals.end(), [now](double at) {
            return static_cast<double>(now) - at <= 1e6;
        });
        out.rate = static_cast<double>(recent);
        out.ageMs = newest ? static_cast<double>(now - newest->arrived) / 1000.0 : 0.0;
        out.actionToPhotonMs = Rank(actions, 0.5) / 1000.0;
        out.rttMs = Rank(trips, 0.5) / 1000.0;
        if (!transit.empty())
            out.jitterMs = (Rank(transit, 0.95) - *std::min_element(transit.begin(), transit.end())) / 1000.0;
        out.frames = frames;
        out.replaced = replaced;
        out.missed = missed;
        out.reconnects = reconnects;
        return out;
    }

private:
    static constexpr double kLongest = 10e6;

    static void Keep(std::deque<double>& list, double value)
    {
        list.push_back(value);
        if (list.size() > 240) list.pop_front();
    }

    static double Rank(const std::deque<double>& list, double part)
    {
        if (list.empty()) return 0.0;
        std::vector<double> sorted(list.begin(), list.end());
        std::sort(sorted.begin(), sorted.end());
        const auto place = static_cast<std::size_t>(part * static_cast<double>(sorted.size()));
        return sorted[std::min(place, sorted.size() - 1)];
    }

    std::int64_t counted = 0;
    std::deque<double> arrivals, transit, actions, trips;
};
}  // namespace worldsdk
