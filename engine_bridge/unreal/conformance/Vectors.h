// The golden vectors against the core: takes what is valid, finds its content, refuses the rest with its code.
#pragma once

#include <cstdio>
#include <fstream>

#include "Json.h"
#include "WorldSDKCore/Messages.h"

namespace conformance
{
struct Tally
{
    int passed = 0;
    int failed = 0;
};

inline std::string FromHex(const std::string& hex)
{
    std::string out;
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
        out.push_back(static_cast<char>(std::strtoul(hex.substr(at, 2).c_str(), nullptr, 16)));
    return out;
}

/** Empty where the vector passes, else why not. */
inline std::string Fails(const Value& vector, const std::string& bytes)
{
    using namespace worldsdk;
    const Sender sender = vector.TextOr("direction") == "client" ? Sender::Client : Sender::Server;
    const auto limit = static_cast<std::size_t>(vector.IntOr("max_bytes", 0));
    // A heap copy of the exact size, so that a sanitizer sees the first byte read beyond it.
    const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
    Value message;
    std::string type;
    Fault fault;
    const bool taken = ReadMessage(exact.data(), exact.size(), sender, limit, message, type, fault);
    if (!vector.BoolOr("valid", false))
    {
        if (taken) return "was taken, though it is not valid";
        const std::string wanted = vector.TextOr("error");
        if (fault.what.empty()) return "was refused without a sentence";
        return fault.code == wanted ? "" : "was refused with " + fault.code + " instead of " + wanted;
    }
    if (!taken) return "was refused: " + fault.Sentence();
    const Value* json = vector.Find("json");
    if (!json || !Same(message, *json)) return "holds something else than its json";
    const std::string again = Pack(message);
    Value second;
    Fault ignored;
    const auto* packed = reinterpret_cast<const std::uint8_t*>(again.data());
    if (!Unpack(packed, again.size(), again.size(), second, ignored) || !Same(message, second))
        return "does not survive being written and read again";
    return "";
}

/** Calls `visit(vector, bytes)` for each line of the three files; false where one cannot be read. */
template <typename Visit>
bool EachVector(const std::string& folder, Visit visit)
{
    for (const char* name : {"valid", "malformed", "refused"})
    {
        const std::string path = folder + "/" + name + ".jsonl";
        std::ifstream file(path);
        std::string line;
        if (!file) return std::fprintf(stderr, "cannot open %s\n", path.c_str()), false;
        while (std::getline(file, line))
        {
            Value vector;
            if (line.empty()) continue;
            if (!JsonReader(line).Whole(vector))
                return std::fprintf(stderr, "%s: a line is no JSON\n", path.c_str()), false;
            visit(vector, FromHex(vector.TextOr("hex")));
        }
    }
    return true;
}

inline bool CheckVectors(const std::string& folder, Tally& tally)
{
    return EachVector(folder, [&tally](const Value& vector, const std::string& bytes) {
        const std::string why = Fails(vector, bytes);
        ++(why.empty() ? tally.passed : tally.failed);
        if (!why.empty()) std::fprintf(stderr, "%s: %s\n", vector.TextOr("name").c_str(), why.c_str());
    });
}
}  // namespace conformance
