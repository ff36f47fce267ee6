// The C functions of worldsdk.h over Client.
#include "worldsdk.h"

#include "Client.h"

#include <cstdlib>

struct worldsdk_client
{
    worldsdk_native::Client inner;
};

namespace
{
using namespace worldsdk;

std::string Text(const char* text) { return text ? text : ""; }

std::string Bytes(const std::uint8_t* data, std::uint64_t size)
{
    return data ? std::string(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)) : std::string();
}

std::vector<std::string> Words(const std::string& list)
{
    std::vector<std::string> out;
    for (std::size_t at = 0; at <= list.size();)
    {
        const std::size_t comma = std::min(list.find(',', at), list.size());
        if (comma > at) out.push_back(list.substr(at, comma - at));
        at = comma + 1;
    }
    return out;
}

commands::Values Pairs(const char* const* names, const double* values, std::int32_t count)
{
    commands::Values out;
    for (std::int32_t at = 0; names && values && at < count; ++at) out.emplace_back(Text(names[at]), values[at]);
    return out;
}

int Give(worldsdk_client* client, const FramePtr& frame, std::int64_t now, worldsdk_frame* out, std::uint8_t* rgba,
         std::uint64_t capacity)
{
    if (!frame) return 0;
    if (out)
    {
        *out = {frame->seq, frame->tick, frame->pts, frame->applied, frame->reward,
                static_cast<double>(now - frame->arrived) / 1000.0, frame->totalMs, frame->queueMs, frame->encodeMs,
                frame->width, frame->height, frame->key, frame->ended, frame->truncated, frame->held, frame->met,
                static_cast<std::int32_t>(frame->steps)};
    }
    if (!rgba) return 1;
    Fault fault;
    std::vector<std::uint8_t> pixels;
    bool good = ToPixels(*frame, Order::RGBA, pixels, fault);
    if (good && pixels.size() > capacity)
        good = fault.Say("too_large", "the frame takes " + std::to_string(pixels.size()) + " bytes",
                         "give room for width * height * 4");
    if (good) std::memcpy(rgba, pixels.data(), pixels.size());
    else client->inner.error = fault.Sentence();
    return good ? 1 : -1;
}

template <typename Work>
std::int64_t Command(worldsdk_client* client, Work work)
{
    return client->inner.With([&work](Dialogue& dialogue) { return work(dialogue); });
}
}  // namespace

extern "C" {

const char* worldsdk_protocol_version(void)
{
    static const std::string version =
        std::to_string(WORLDSDK_VERSION_MAJOR) + "." + std::to_string(WORLDSDK_VERSION_MINOR);
    return version.c_str();
}

worldsdk_client* worldsdk_create(void) { return new worldsdk_client; }
void worldsdk_destroy(worldsdk_client* client) { delete client; }
void worldsdk_disconnect(worldsdk_client* client) { client->inner.Disconnect(); }
const char* worldsdk_last_error(worldsdk_client* client) { return client->inner.error.c_str(); }

int worldsdk_option(worldsdk_client* client, const char* name, const char* value)
{
    Options& options = client->inner.options;
    const std::string key = Text(name), text = Text(value);
    if (key == "role") options.role = text;
    else if (key == "mode") options.mode = text;
    else if (key == "room") options.room = text;
    else if (key == "token") options.token = text;
    else if (key == "resume") options.resume = text;
    else if (key == "engine") options.engine = text;
    else if (key == "codecs") options.codecs = Words(text);
    else if (key == "layers") options.layers = Words(text);
    else if (key == "paced") options.paced = text == "1";
    else
    {
        char* end = nullptr;
        const double number = std::strtod(text.c_str(), &end);
        const bool good = end != text.c_str() && *end == '\0' && number >= 0.0 && number < 1e15;
        if (good && key == "credit") options.credit = static_cast<int>(std::min(number, 1e6));
        else if (good && key == "max_message") options.maxMessage = static_cast<std::int64_t>(number);
        else if (good && key == "reconnect_seconds") options.reconnectSeconds = number;
        else if (good && key == "open_seconds") options.openSeconds = number;
        else if (good && key == "silence_seconds") options.silenceSeconds = number;
        else
        {
            client->inner.error = "option " + key + " cannot be '" + text + "': worldsdk.h lists the options";
            return -1;
        }
    }
    return 1;
}

int worldsdk_connect(worldsdk_client* client, const char* url) { return client->inner.Connect(Text(url)) ? 1 : -1; }

int worldsdk_next_event(worldsdk_client* client, worldsdk_event* out, int32_t timeout_ms)
{
    if (!client->inner.NextEvent(timeout_ms)) return 0;
    const Event& event = client->inner.event;
    const std::string& data = client->inner.eventData;
    *out = {static_cast<std::int32_t>(event.kind), event.code, event.willRetry, 0, event.id, event.tick,
            event.name.c_str(), event.text.c_str(), reinterpret_cast<const std::uint8_t*>(data.data()), data.size()};
    return 1;
}

int worldsdk_latest(worldsdk_client* client, worldsdk_frame* out, uint8_t* rgba, uint64_t capacity)
{
    const FramePtr frame = client->inner.With([](Dialogue& dialogue) { return dialogue.Latest(); });
    return Give(client, frame, worldsdk_native::Micros(), out, rgba, capacity);
}

int worldsdk_present(worldsdk_client* client, worldsdk_frame* out, uint8_t* rgba, uint64_t capacity)
{
    const std::int64_t now = worldsdk_native::Micros();
    const FramePtr frame = client->inner.With([now](Dialogue& dialogue) { return dialogue.Present(now); });
    return Give(client, frame, now, out, rgba, capacity);
}

int worldsdk_layer(worldsdk_client* client, const char* name, float* out, uint64_t count)
{
    Range range;
    const FramePtr frame = client->inner.With([&](Dialogue& dialogue) {
        for (const Range& one : dialogue.World().layers)
            if (one.name == Text(name)) range = one;
        return dialogue.Latest();
    });
    if (!frame) return 0;
    range.name = Text(name);
    Fault fault;
    std::vector<float> values;
    bool good = ToLayer(*frame, range, values, fault);
    if (good && values.size() > count) good = fault.Say("too_large", "the layer has more values than there is room for");
    if (good) std::copy(values.begin(), values.end(), out);
    else client->inner.error = fault.Sentence();
    return good ? 1 : -1;
}

int worldsdk_state(worldsdk_client* client, const char* name, double* out)
{
    const FramePtr frame = client->inner.With([](Dialogue& dialogue) { return dialogue.Latest(); });
    if (!frame) return 0;
    for (const auto& entry : frame->state)
        if (entry.first == Text(name)) return *out = entry.second, 1;
    client->inner.error = "the world has no state variable " + Text(name) + ": welcome lists them";
    return -1;
}

int worldsdk_measure(worldsdk_client* client, worldsdk_quality* out)
{
    const std::int64_t now = worldsdk_native::Micros();
    const Quality q = client->inner.With([now](Dialogue& dialogue) { return dialogue.Measure(now); });
    *out = {q.rate, q.ageMs, q.actionToPhotonMs, q.rttMs, q.jitterMs, q.presentDelayMs,
            q.frames, q.replaced, q.late, q.missed, q.held, q.reconnects};
    return 1;
}

int worldsdk_can(worldsdk_client* client, const char* capability)
{
    return client->inner.With([&](Dialogue& dialogue) {
        return dialogue.World().Can(Text(capability)) || dialogue.World().Offers(Text(capability));
    });
}

int worldsdk_set_control(worldsdk_client* client, const char* name, double value)
{
    return client->inner.With([&](Dialogue& dialogue) { return dialogue.SetControl(Text(name), value) ? 1 : -1; });
}

int worldsdk_press(worldsdk_client* client, const char* name) { return worldsdk_set_control(client, name, 1.0); }
int worldsdk_release(worldsdk_client* client, const char* name) { return worldsdk_set_control(client, name, 0.0); }

int worldsdk_key(worldsdk_client* client, const char* code, int32_t down)
{
    return client->inner.With([&](Dialogue& dialogue) { return dialogue.devices.Key(Text(code), down != 0) ? 1 : 0; });
}

int worldsdk_pad(worldsdk_client* client, const char* input, double level)
{
    return client->inner.With([&](Dialogue& dialogue) { return dialogue.devices.Pad(Text(input), level) ? 1 : 0; });
}

int worldsdk_mouse(worldsdk_client* client, double right, double down)
{
    return client->inner.With([&](Dialogue& dialogue) { return dialogue.devices.Mouse(right, down), 1; });
}

int worldsdk_release_all(worldsdk_client* client)
{
    return client->inner.With([](Dialogue& dialogue) { return dialogue.devices.Release(), 1; });
}

int64_t worldsdk_step(worldsdk_client* client, int32_t ticks)
{
    const std::int64_t now = worldsdk_native::Micros();
    return Command(client, [=](Dialogue& to) { return to.Step(ticks, now); });
}

int64_t worldsdk_start(worldsdk_client* client, int64_t seed, int64_t start, const uint8_t* image, uint64_t size)
{
    return Command(client, [&](Dialogue& to) { return commands::Start(to, seed, start, Bytes(image, size)); });
}

int64_t worldsdk_pause(worldsdk_client* client) { return Command(client, commands::Pause); }
int64_t worldsdk_resume(worldsdk_client* client) { return Command(client, commands::Resume); }
int64_t worldsdk_snapshot(worldsdk_client* client) { return Command(client, commands::Snapshot); }
int64_t worldsdk_fork(worldsdk_client* client) { return Command(client, commands::Fork); }

int64_t worldsdk_reset(worldsdk_client* client, int64_t seed, int64_t start)
{
    return Command(client, [=](Dialogue& to) { return commands::Reset(to, seed, start); });
}

int64_t worldsdk_set_speed(worldsdk_client* client, double factor)
{
    return Command(client, [=](Dialogue& to) { return commands::SetSpeed(to, factor); });
}

int64_t worldsdk_restore(worldsdk_client* client, const uint8_t* bytes, uint64_t size)
{
    return Command(client, [&](Dialogue& to) { return commands::Restore(to, Bytes(bytes, size)); });
}

int64_t worldsdk_rewind(worldsdk_client* client, int64_t ticks)
{
    return Command(client, [=](Dialogue& to) { return commands::Rewind(to, ticks); });
}

int64_t worldsdk_observe(worldsdk_client* client, const uint8_t* picture, uint64_t size, int32_t raw,
                         const char* const* names, const double* values, int32_t count)
{
    return Command(client, [&](Dialogue& to) {
        return commands::Observe(to, Bytes(picture, size), raw != 0, Pairs(names, values, count));
    });
}

int64_t worldsdk_set_state(worldsdk_client* client, const char* const* names, const double* values, int32_t count)
{
    return Command(client, [&](Dialogue& to) { return commands::SetState(to, Pairs(names, values, count)); });
}

int64_t worldsdk_set_quality(worldsdk_client* client, int32_t steps, const char* codec, int32_t jpeg_quality,
                             int32_t credit)
{
    return Command(client,
                   [=](Dialogue& to) { return commands::SetQuality(to, steps, Text(codec), jpeg_quality, credit); });
}

int64_t worldsdk_set_prompt(worldsdk_client* client, const char* text)
{
    return Command(client, [=](Dialogue& to) { return commands::SetPrompt(to, Text(text)); });
}

int64_t worldsdk_set_anchor(worldsdk_client* client, const uint8_t* image, uint64_t size)
{
    return Command(client, [&](Dialogue& to) { return commands::SetAnchor(to, Bytes(image, size)); });
}

int64_t worldsdk_record(worldsdk_client* client, int32_t on)
{
    return Command(client, [=](Dialogue& to) { return commands::Record(to, on != 0); });
}
}
