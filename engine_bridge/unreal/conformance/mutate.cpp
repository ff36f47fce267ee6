// Damages every vector in many ways and reads it: mutate VECTORS ROUNDS. For sanitizers; also checks that what is
// still taken can be written and read again. Prints one JSON line; exit code 1 where that fails.
#include <random>

#include "Vectors.h"

namespace
{
std::string Damaged(const std::string& bytes, std::mt19937& random)
{
    std::string out = bytes;
    const unsigned edits = 1 + random() % 4;
    for (unsigned edit = 0; edit < edits; ++edit)
    {
        const std::size_t place = out.empty() ? 0 : random() % out.size();
        switch (random() % 4)
        {
        case 0:
            if (!out.empty()) out[place] = static_cast<char>(random());
            break;
        case 1:
            if (!out.empty()) out[place] = static_cast<char>(out[place] ^ (1 << (random() % 8)));
            break;
        case 2: out.resize(place); break;
        default: out.insert(place, 1 + random() % 8, static_cast<char>(random()));
        }
    }
    return out;
}
}  // namespace

int main(int count, char** arguments)
{
    using namespace worldsdk;
    if (count != 3) return std::fprintf(stderr, "usage: mutate VECTORS ROUNDS\n"), 2;
    const int rounds = std::atoi(arguments[2]);
    std::mt19937 random(20251);
    long tried = 0, taken = 0, broken = 0;
    const bool read = conformance::EachVector(arguments[1], [&](const Value& vector, const std::string& bytes) {
        const Sender sender = vector.TextOr("direction") == "client" ? Sender::Client : Sender::Server;
        for (int round = 0; round < rounds; ++round)
        {
            const std::string damaged = Damaged(bytes, random);
            const std::vector<std::uint8_t> exact(damaged.begin(), damaged.end());
            Value message, again;
            std::string type;
            Fault fault;
            ++tried;
            if (!ReadMessage(exact.data(), exact.size(), sender, 1 << 20, message, type, fault)) continue;
            ++taken;
            const std::string packed = Pack(message);
            const auto* data = reinterpret_cast<const std::uint8_t*>(packed.data());
            if (!Unpack(data, packed.size(), packed.size(), again, fault) || !conformance::Same(message, again))
                ++broken;
        }
    });
    std::printf("{\"tried\": %ld, \"taken\": %ld, \"broken\": %ld}\n", tried, taken, broken);
    return read && broken == 0 ? 0 : 1;
}
