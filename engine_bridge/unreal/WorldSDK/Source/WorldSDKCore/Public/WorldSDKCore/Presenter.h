// When to show which frame: an absolute schedule from the server's time stamps, behind a buffer that adapts.
#pragma once

#include <algorithm>
#include <cmath>
#include <deque>

#include "WorldSDKCore/Welcome.h"

namespace worldsdk
{
/**
 * The server stamps each frame (`pts`). A frame's way here takes a least time, learnt from the quickest of late, plus
 * jitter; each is due at pts + least + delay, where the delay covers all but the worst jitter. One that comes after
 * its moment is shown at once (late); one overtaken before it was shown is dropped; a beat without a new frame is held.
 */
class Presenter
{
public:
    int late = 0, dropped = 0, held = 0;

    explicit Presenter(double rate = 30.0) : period(1e6 / rate) {}

    double DelayMs() const { return delay / 1000.0; }

    void Add(FramePtr frame, std::int64_t now)
    {
        const double stamp = static_cast<double>(frame->pts);
        if (!begun || stamp < last || stamp - last > kGap) Restart();
        begun = true;
        last = stamp;
        const double trip = static_cast<double>(now) - stamp;
        transit.push_back(trip);
        if (transit.size() > kKept) transit.pop_front();
        const double least = *std::min_element(transit.begin(), transit.end());
        // By the schedule as it was: no frame may excuse its own lateness.
        const double due = stamp + least + delay;
        Adapt(least);
        waiting.push_back({std::move(frame), due, static_cast<double>(now) > due + kMargin});
        while (waiting.size() > kWaiting)
        {
            waiting.pop_front();
            ++dropped;
        }
    }

    /** The frame to show from now on, or null where what is shown stays. */
    FramePtr Take(std::int64_t now)
    {
        FramePtr newest;
        bool wasLate = false;
        double due = 0.0;
        while (!waiting.empty() && waiting.front().due <= static_cast<double>(now))
        {
            if (newest) ++dropped;
            newest = std::move(waiting.front().frame);
            wasLate = waiting.front().late;
            due = waiting.front().due;
            waiting.pop_front();
        }
        if (newest)
        {
            late += wasLate ? 1 : 0;
            expected = std::max(due, static_cast<double>(now) - period) + period;
            saidHeld = 0;
        }
        else if (expected > 0.0 && waiting.empty() && static_cast<double>(now) - expected >= (saidHeld + 0.5) * period)
        {
            ++held;
            ++saidHeld;
        }
        return newest;
    }

    /** Forgets the schedule, for a world that stood still or jumped; what waits is due at once. */
    void Restart()
    {
        transit.clear();
        for (Waiting& entry : waiting) entry.due = 0.0;
        begun = false;
        expected = delay = 0.0;
        saidHeld = 0;
    }

private:
    struct Waiting
    {
        FramePtr frame;
        double due;
        bool late;
    };

    static constexpr std::size_t kKept = 120;
    static constexpr std::size_t kWaiting = 8;
    static constexpr double kGap = 500000.0;
    static constexpr double kMargin = 500.0;
    static constexpr double kLongestBeats = 3.0;

    void Adapt(double least)
    {
        std::vector<double> sorted(transit.begin(), transit.end());
        std::sort(sorted.begin(), sorted.end());
        const auto rank = static_cast<std::size_t>(std::ceil(0.95 * static_cast<double>(sorted.size()))) - 1;
        const double wanted = std::min(sorted[rank] - least, kLongestBeats * period);
        // Up at once, for a hitch is seen; down slowly, for each step down is one too.
        delay = wanted > delay ? wanted : std::max(wanted, delay - 0.01 * period);
    }

    double period;
    double delay = 0.0, last = 0.0, expected = 0.0;
    int saidHeld = 0;
    bool begun = false;
    std::deque<double> transit;
    std::deque<Waiting> waiting;
};
}  // namespace worldsdk
