// WebSocket frames (RFC 6455 section 5): bytes in, messages out. No socket.
#pragma once

#include <cstdint>
#include <string>

#include "Handshake.h"

namespace worldsdk_native
{
enum Opcode : int { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

/** A client's frame: masked, whole. */
inline std::string Masked(int opcode, const std::string& payload)
{
    std::string out(1, static_cast<char>(0x80 | opcode));
    const std::uint64_t size = payload.size();
    const int width = size < 126 ? 0 : size <= 0xFFFF ? 2 : 8;
    out.push_back(static_cast<char>(0x80 | (width == 0 ? size : width == 2 ? 126u : 127u)));
    for (int shift = (width - 1) * 8; width && shift >= 0; shift -= 8)
        out.push_back(static_cast<char>((size >> shift) & 0xFF));
    const std::string mask = RandomBytes(4);
    out += mask;
    const std::size_t begin = out.size();
    out += payload;
    for (std::size_t at = 0; at < payload.size(); ++at)
        out[begin + at] = static_cast<char>(out[begin + at] ^ mask[at & 3]);
    return out;
}

inline std::string ClosePayload(int code, const std::string& reason)
{
    std::string out = {static_cast<char>((code >> 8) & 0xFF), static_cast<char>(code & 0xFF)};
    return out + reason.substr(0, 120);
}

/** What has come from a server. */
class FrameReader
{
public:
    struct Message
    {
        int opcode = 0;
        std::string payload;
    };

    explicit FrameReader(std::size_t largest) : most(largest) {}

    void Feed(const char* data, std::size_t size) { buffer.append(data, size); }

    /** The next whole message; false where more bytes are needed, or `error` says (as a close code) what is wrong. */
    bool Next(Message& out, int& error)
    {
        error = 0;
        while (true)
        {
            if (at > (1u << 20) || at == buffer.size())
            {
                buffer.erase(0, at);
                at = 0;
            }
            const std::size_t have = buffer.size() - at;
            if (have < 2) return false;
            const unsigned first = Byte(0), second = Byte(1);
            const int opcode = static_cast<int>(first & 0x0F);
            const bool last = (first & 0x80) != 0, control = opcode >= kClose;
            std::uint64_t size = second & 0x7F;
            const std::size_t width = size == 126 ? 2 : size == 127 ? 8 : 0;
            const bool known = opcode <= kBinary || (control && opcode <= kPong);
            if ((first & 0x70) || (second & 0x80) || !known || (control && (!last || size > 125))) return Stop(error, 1002);
            if (have < 2 + width) return false;
            if (width) size = 0;
            for (std::size_t place = 0; place < width; ++place) size = (size << 8) | Byte(2 + place);
            if (size > most || (!control && whole.size() + size > most)) return Stop(error, 1009);
            if (have < 2 + width + size) return false;
            const std::size_t begin = at + 2 + width;
            at = begin + static_cast<std::size_t>(size);
            if (control)
            {
                out.opcode = opcode;
                out.payload.assign(buffer, begin, static_cast<std::size_t>(size));
                return true;
            }
            if ((opcode == kContinuation) != fragmented) return Stop(error, 1002);
            if (!fragmented) kind = opcode;
            whole.append(buffer, begin, static_cast<std::size_t>(size));
            fragmented = !last;
            if (fragmented) continue;
            out.opcode = kind;
            out.payload = std::move(whole);
            whole.clear();
            return true;
        }
    }

private:
    unsigned Byte(std::size_t place) const { return static_cast<unsigned char>(buffer[at + place]); }

    static bool Stop(int& error, int code)
    {
        error = code;
        return false;
    }

    std::size_t most;
    std::string buffer, whole;
    std::size_t at = 0;
    bool fragmented = false;
    int kind = 0;
};
}  // namespace worldsdk_native
