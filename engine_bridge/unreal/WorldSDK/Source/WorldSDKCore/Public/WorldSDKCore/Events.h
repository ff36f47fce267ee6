// What a bridge tells its user, in order.
#pragma once

#include <deque>

#include "WorldSDKCore/Meter.h"

namespace worldsdk
{
enum class EventKind : std::uint8_t { None, Connected, Frame, Applied, Quality, Event, Failed, Disconnected };

/**
 * Which fields count depends on the kind:
 * Connected: data (the welcome). Frame: frame. Applied: id, name (the command's), tick, data (its result).
 * Quality: quality. Event: name, data. Failed: name (the code), text, id of the command or 0.
 * Disconnected: code (WebSocket close code, 0 without one), text, willRetry.
 */
struct Event
{
    EventKind kind = EventKind::None;
    std::int64_t id = 0;
    std::int64_t tick = 0;
    int code = 0;
    bool willRetry = false;
    std::string name;
    std::string text;
    Value data;
    FramePtr frame;
    Quality quality;
};

/** Events that wait. Frames and quality keep their place in line, but the newest takes the place of an older one. */
class EventQueue
{
public:
    void Push(Event event)
    {
        if (event.kind == EventKind::Frame || event.kind == EventKind::Quality)
        {
            for (Event& waiting : events)
            {
                if (waiting.kind != event.kind) continue;
                waiting = std::move(event);
                return;
            }
        }
        // For a program that never looks.
        if (events.size() >= kMost) events.pop_front();
        events.push_back(std::move(event));
    }

    bool Pop(Event& out)
    {
        if (events.empty()) return false;
        out = std::move(events.front());
        events.pop_front();
        return true;
    }

private:
    static constexpr std::size_t kMost = 256;
    std::deque<Event> events;
};
}  // namespace worldsdk
