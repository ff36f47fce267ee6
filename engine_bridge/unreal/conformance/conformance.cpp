// conformance VECTORS [WS_URL]: the golden vectors and a short live session. Prints one JSON line; 1 where one fails.
#include <chrono>
#include <cstring>
#include <set>
#include <thread>

#include "Vectors.h"
#include "worldsdk.h"

namespace
{
struct Live
{
    int frames = 0, different = 0, applied = 0;
    double actionToPhotonMs = 0.0;
    std::string world, failure;
};

/** The next event of a kind, within 60 s; false, with `failure` set, where something else ended the session. */
bool Await(worldsdk_client* client, int kind, worldsdk_event& event, std::string& failure)
{
    for (int turn = 0; turn < 1200; ++turn)
    {
        if (!worldsdk_next_event(client, &event, 50)) continue;
        if (event.kind == kind) return true;
        if (event.kind == WORLDSDK_EVENT_FAILED || (event.kind == WORLDSDK_EVENT_DISCONNECTED && !event.will_retry))
            return failure = event.text, false;
    }
    return failure = "nothing came within 60 s", false;
}

/** Steps a world, saves it, goes on, and finds the same pictures again after restoring. */
void Lockstep(const char* url, Live& live)
{
    worldsdk_client* client = worldsdk_create();
    worldsdk_option(client, "role", "stepper");
    worldsdk_option(client, "mode", "lockstep");
    worldsdk_event event{};
    std::set<std::string> seen;
    const auto play = [&](int ticks, std::string& last) {
        for (int tick = 0; tick < ticks && live.failure.empty(); ++tick)
        {
            worldsdk_key(client, "ArrowRight", tick % 3 == 0);
            worldsdk_key(client, "ArrowUp", tick % 3 != 0);
            worldsdk_frame frame{};
            if (!worldsdk_step(client, 1) || !Await(client, WORLDSDK_EVENT_FRAME, event, live.failure)) return;
            if (!worldsdk_latest(client, &frame, nullptr, 0)) return;
            std::vector<std::uint8_t> pixels(static_cast<std::size_t>(frame.width) * static_cast<std::size_t>(frame.height) * 4);
            if (worldsdk_latest(client, &frame, pixels.data(), pixels.size()) < 1)
                live.failure = worldsdk_last_error(client);
            last.assign(pixels.begin(), pixels.end());
            seen.insert(last);
            ++live.frames;
        }
    };
    std::string first, second, snapshot;
    bool good = worldsdk_connect(client, url) == 1 && Await(client, WORLDSDK_EVENT_CONNECTED, event, live.failure);
    if (good)
    {
        worldsdk::Fault fault;
        worldsdk::Value welcome;
        if (worldsdk::Unpack(event.data, static_cast<std::size_t>(event.size), 1 << 24, welcome, fault))
            live.world = welcome.Find("world")->TextOr("name");
        good = Await(client, WORLDSDK_EVENT_FRAME, event, live.failure);
    }
    if (good && worldsdk_snapshot(client) && Await(client, WORLDSDK_EVENT_APPLIED, event, live.failure))
    {
        worldsdk::Fault fault;
        worldsdk::Value result;
        if (worldsdk::Unpack(event.data, static_cast<std::size_t>(event.size), 1 << 24, result, fault))
            snapshot = result.TextOr("snapshot");
        play(40, first);
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(snapshot.data());
        if (live.failure.empty() && worldsdk_restore(client, bytes, snapshot.size()) &&
            Await(client, WORLDSDK_EVENT_APPLIED, event, live.failure) &&
            Await(client, WORLDSDK_EVENT_FRAME, event, live.failure))
            play(40, second);
        live.applied += 2;
        if (live.failure.empty() && (first.empty() || first != second))
            live.failure = "after restoring a snapshot the same inputs led to another picture";
    }
    live.different = static_cast<int>(seen.size());
    worldsdk_destroy(client);
}

/** Two seconds on the server's clock with keys tapped and held. */
void Realtime(const char* url, Live& live)
{
    worldsdk_client* client = worldsdk_create();
    worldsdk_event event{};
    if (worldsdk_connect(client, url) == 1 && Await(client, WORLDSDK_EVENT_CONNECTED, event, live.failure))
    {
        for (int turn = 0; turn < 200 && live.failure.empty(); ++turn)
        {
            worldsdk_key(client, "ArrowUp", turn % 20 < 10);
            worldsdk_frame frame{};
            if (worldsdk_present(client, &frame, nullptr, 0) > 0) ++live.frames;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        worldsdk_quality quality{};
        worldsdk_measure(client, &quality);
        live.actionToPhotonMs = quality.action_to_photon_ms;
    }
    worldsdk_destroy(client);
}
}  // namespace

int main(int count, char** arguments)
{
    if (count < 2) return std::fprintf(stderr, "usage: conformance VECTORS [WS_URL]\n"), 2;
    conformance::Tally tally;
    const bool read = conformance::CheckVectors(arguments[1], tally);
    std::printf("{\"bridge\": \"unreal\", \"vectors\": {\"passed\": %d, \"failed\": %d}, \"live\": ", tally.passed,
                tally.failed);
    bool good = read && tally.failed == 0 && tally.passed > 0;
    if (count < 3)
    {
        std::printf("null}\n");
        return good ? 0 : 1;
    }
    Live live;
    Lockstep(arguments[2], live);
    if (live.failure.empty()) Realtime(arguments[2], live);
    good = good && live.failure.empty() && live.different > 1;
    std::printf("{\"frames\": %d, \"different\": %d, \"applied\": %d, \"world\": \"%s\", \"action_to_photon_ms\": %.1f, "
                "\"ok\": %s}}\n",
                live.frames, live.different, live.applied, live.world.c_str(), live.actionToPhotonMs,
                live.failure.empty() ? "true" : "false");
    if (!live.failure.empty()) std::fprintf(stderr, "%s\n", live.failure.c_str());
    return good ? 0 : 1;
}
