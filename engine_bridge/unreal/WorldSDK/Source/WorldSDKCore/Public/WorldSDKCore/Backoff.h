// How long to wait before the next attempt to connect.
#pragma once

#include <algorithm>
#include <cstdint>

namespace worldsdk
{
/** Waits that double from 0.2 to 5 s, varied by a quarter so that a server's clients do not all come back at once. */
class Backoff
{
public:
    int attempts = 0;

    void Begin(std::int64_t now, double totalSeconds)
    {
        ends = now + static_cast<std::int64_t>(totalSeconds * 1e6);
        attempts = 0;
    }

    /** Microseconds to wait, never less than the server `asked` for; -1 where that is beyond the total. */
    std::int64_t Next(std::int64_t now, std::int64_t asked)
    {
        const double doubled = 0.2e6 * static_cast<double>(1 << std::min(attempts, 10));
        const double spread = 1.0 + 0.25 * (2.0 * Chance() - 1.0);
        const auto wait = std::max(static_cast<std::int64_t>(std::min(doubled, 5e6) * spread), asked);
        ++attempts;
        return now + wait <= ends ? wait : -1;
    }

private:
    std::int64_t ends = 0;
    std::uint32_t state = 0;

    double Chance()
    {
        // Any seed differs between processes by the clock that `ends` came from.
        if (state == 0) state = static_cast<std::uint32_t>(ends) | 1u;
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        return static_cast<double>(state) / 4294967296.0;
    }
};
}  // namespace worldsdk
