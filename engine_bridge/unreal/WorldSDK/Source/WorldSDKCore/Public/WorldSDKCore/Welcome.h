// What the server says of its world, and one frame of it, as structs.
#pragma once

#include <memory>

#include "WorldSDKCore/Value.h"

namespace worldsdk
{
/** A button or axis. `keys` are KeyboardEvent.codes, `pad` standard gamepad inputs. */
struct Control
{
    std::string name;
    std::string kind;
    std::string unit;
    std::string help;
    double low = 0.0;
    double high = 1.0;
    std::vector<std::pair<std::string, double>> keys;
    std::vector<std::pair<std::string, double>> pad;
    /** 'x', 'y', or 0 where the mouse does not move it. */
    char mouseAxis = 0;
    double mousePerPixel = 0.0;
};

/** A number that comes with each frame, or a per-pixel layer. */
struct Range
{
    std::string name;
    std::string unit;
    double low = 0.0;
    double high = 0.0;
    bool cyclic = false;
};

struct Welcome
{
    int minor = 0;
    std::string session, room, role, mode, resume, codec;
    std::string world, title, summary, serverName, serverVersion;
    int width = 0;
    int height = 0;
    double rate = 0.0;
    double budgetMs = 0.0;
    std::int64_t tick = 0;
    std::int64_t starts = 0;
    std::int64_t heldSeq = 0;
    int credit = 1;
    bool paused = false;
    double inputHz = 0.0;
    std::int64_t maxMessage = 0;
    std::int64_t rewindTicks = 0;
    std::int64_t imageBytes = 0;
    double resumeSeconds = 0.0;
    std::vector<Control> controls;
    std::vector<Range> layers, state;
    std::vector<std::string> capabilities, commands;
    /** The whole message, for what has no field here. */
    Value message;

    bool Can(const std::string& capability) const { return Holds(capabilities, capability); }
    bool Offers(const std::string& command) const { return Holds(commands, command); }

    const Control* FindControl(const std::string& name) const
    {
        for (const Control& control : controls)
            if (control.name == name) return &control;
        return nullptr;
    }

    bool UsesMouse() const
    {
        for (const Control& control : controls)
            if (control.mouseAxis) return true;
        return false;
    }

    static bool Holds(const std::vector<std::string>& list, const std::string& word)
    {
        for (const std::string& one : list)
            if (one == word) return true;
        return false;
    }
};

/** One picture and all that belongs to its tick. `data` is in `codec`, as it came. */
struct Frame
{
    std::int64_t seq = 0, tick = 0, pts = 0, applied = 0, ts = -1, steps = 0, replaced = 0;
    bool key = false, ended = false, truncated = false, met = true, held = false;
    double reward = 0.0, totalMs = 0.0, queueMs = 0.0, encodeMs = 0.0;
    int width = 0, height = 0;
    /** This bridge's clock, microseconds, when it came. */
    std::int64_t arrived = 0;
    std::string codec, data, hash;
    std::vector<std::pair<std::string, double>> state;
    std::vector<std::pair<std::string, std::string>> layers;

    double State(const std::string& name, double fallback = 0.0) const
    {
        for (const auto& entry : state)
            if (entry.first == name) return entry.second;
        return fallback;
    }
};

using FramePtr = std::shared_ptr<const Frame>;

namespace detail
{
inline std::vector<std::pair<std::string, double>> Numbers(const Value* map)
{
    std::vector<std::pair<std::string, double>> out;
    if (map)
        for (const Entry& entry : map->entries) out.emplace_back(entry.key, entry.value.Number());
    return out;
}

inline Control ReadControl(const Value& from)
{
    Control out;
    out.name = from.TextOr("name");
    out.kind = from.TextOr("kind");
    out.unit = from.TextOr("unit");
    out.help = from.TextOr("help");
    out.low = from.FloatOr("low", 0.0);
    out.high = from.FloatOr("high", 1.0);
    out.keys = Numbers(from.Find("keys"));
    out.pad = Numbers(from.Find("pad"));
    const Value* mouse = from.Find("mouse");
    if (mouse && mouse->items.size() == 2)
    {
        out.mouseAxis = mouse->items[0].text[0];
        out.mousePerPixel = mouse->items[1].Number();
    }
    return out;
}

inline Range ReadRange(const Value& from)
{
    return Range{from.TextOr("name"), from.TextOr("unit"), from.FloatOr("low", 0.0), from.FloatOr("high", 0.0),
                 from.BoolOr("cyclic", false)};
}
}  // namespace detail

/** From a message that has been checked. */
inline Welcome ReadWelcome(Value message)
{
    const auto text = [&message](const char* key) { return message.TextOr(key); };
    const auto items = [&message](const char* key) -> const std::vector<Value>& { return message.Find(key)->items; };
    Welcome out;
    out.minor = static_cast<int>(message.IntOr("v", 0));
    out.session = text("session");
    out.room = text("room");
    out.role = text("role");
    out.mode = text("mode");
    out.resume = text("resume");
    out.codec = text("codec");
    const Value* world = message.Find("world");
    out.world = world->TextOr("name");
    out.title = world->TextOr("title");
    out.summary = world->TextOr("summary");
    const Value* server = message.Find("server");
    out.serverName = server->TextOr("name");
    out.serverVersion = server->TextOr("version");
    out.width = static_cast<int>(items("size")[0].integer);
    out.height = static_cast<int>(items("size")[1].integer);
    out.rate = message.FloatOr("rate", 1.0);
    out.budgetMs = message.FloatOr("budget_ms", 0.0);
    out.tick = message.IntOr("tick", 0);
    out.starts = message.IntOr("starts", 0);
    out.heldSeq = message.IntOr("held_seq", 0);
    out.credit = static_cast<int>(message.IntOr("credit", 1));
    out.paused = message.BoolOr("paused", false);
    const Value* limits = message.Find("limits");
    out.inputHz = limits->FloatOr("input_hz", 0.0);
    out.maxMessage = limits->IntOr("max_message", 0);
    out.rewindTicks = limits->IntOr("rewind_ticks", 0);
    out.imageBytes = limits->IntOr("image_bytes", 0);
    out.resumeSeconds = limits->FloatOr("resume_seconds", 0.0);
    for (const Value& item : items("controls")) out.controls.push_back(detail::ReadControl(item));
    for (const Value& item : items("layers")) out.layers.push_back(detail::ReadRange(item));
    for (const Value& item : items("state")) out.state.push_back(detail::ReadRange(item));
    for (const Value& item : items("capabilities")) out.capabilities.push_back(item.text);
    for (const Entry& entry : message.Find("commands")->entries) out.commands.push_back(entry.key);
    out.message = std::move(message);
    return out;
}

/** From a message that has been checked; takes its picture over without a copy. */
inline std::shared_ptr<Frame> ReadFrame(Value&& message, const Welcome& welcome, std::int64_t now)
{
    auto out = std::make_shared<Frame>();
    out->seq = message.IntOr("seq", 0);
    out->tick = message.IntOr("tick", 0);
    out->pts = message.IntOr("pts", 0);
    out->applied = message.IntOr("applied", 0);
    out->ts = message.IntOr("ts", -1);
    out->steps = message.IntOr("steps", 0);
    out->replaced = message.IntOr("replaced", 0);
    out->key = message.BoolOr("key", false);
    out->ended = message.BoolOr("ended", false);
    out->truncated = message.BoolOr("truncated", false);
    out->met = message.BoolOr("met", true);
    out->held = message.BoolOr("held", false);
    out->reward = message.FloatOr("reward", 0.0);
    out->totalMs = message.FloatOr("total_ms", 0.0);
    out->queueMs = message.FloatOr("queue_ms", 0.0);
    out->encodeMs = message.FloatOr("encode_ms", 0.0);
    out->width = welcome.width;
    out->height = welcome.height;
    out->arrived = now;
    out->codec = message.TextOr("codec");
    out->hash = message.TextOr("hash");
    out->state = detail::Numbers(message.Find("state"));
    for (Entry& entry : message.entries)
    {
        if (entry.key == "data") out->data = std::move(entry.value.text);
        else if (entry.key == "layers")
            for (Entry& layer : entry.value.entries)
                out->layers.emplace_back(layer.key, std::move(layer.value.text));
    }
    return out;
}
}  // namespace worldsdk
