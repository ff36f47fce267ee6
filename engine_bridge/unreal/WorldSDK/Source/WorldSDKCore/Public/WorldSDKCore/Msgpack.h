// msgpack within the protocol's limits (SPEC section 2). Memory grows with the bytes given, never with what they claim.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "WorldSDKCore/Fault.h"
#include "WorldSDKCore/Value.h"
#include "WorldSDKCore/worldsdk_protocol.h"

namespace worldsdk
{
/** Characters of UTF-8 text, or -1 where it is not UTF-8 (overlong forms and surrogates are not). */
inline std::int64_t CountCharacters(const std::string& text)
{
    std::int64_t count = 0;
    const std::size_t size = text.size();
    for (std::size_t at = 0; at < size; ++count)
    {
        const unsigned first = static_cast<unsigned char>(text[at]);
        if (first < 0x80)
        {
            ++at;
            continue;
        }
        const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
        if (first < 0xC2 || first > 0xF4 || at + static_cast<std::size_t>(more) >= size) return -1;
        std::uint32_t point = first & (0x3Fu >> more);
        for (int step = 1; step <= more; ++step)
        {
            const unsigned next = static_cast<unsigned char>(text[at + static_cast<std::size_t>(step)]);
            if ((next & 0xC0) != 0x80) return -1;
            point = (point << 6) | (next & 0x3F);
        }
        const bool overlong = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000);
        if (overlong || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return -1;
        at += static_cast<std::size_t>(more) + 1;
    }
    return count;
}

/** Writes one value. */
class Packer
{
public:
    std::string bytes;

    void Put(const Value& value)
    {
        switch (value.kind)
        {
        case Kind::Nil: Byte(0xC0); break;
        case Kind::Bool: Byte(value.truth ? 0xC3 : 0xC2); break;
        case Kind::Int: PutInt(value.integer); break;
        case Kind::Float:
        {
            std::uint64_t bits;
            std::memcpy(&bits, &value.real, sizeof bits);
            Byte(0xCB);
            Big(bits, 8);
            break;
        }
        case Kind::String:
            if (value.text.size() < 32) Byte(0xA0 | value.text.size());
            else Sized(value.text.size(), 0xD9, 0xDA, 0xDB);
            bytes += value.text;
            break;
        case Kind::Bin:
            Sized(value.text.size(), 0xC4, 0xC5, 0xC6);
            bytes += value.text;
            break;
        case Kind::Array:
            Nested(value.items.size(), 0x90, 0xDC);
            for (const Value& item : value.items) Put(item);
            break;
        case Kind::Map:
            Nested(value.entries.size(), 0x80, 0xDE);
            for (const Entry& entry : value.entries)
            {
                Put(Value::String(entry.key));
                Put(entry.value);
            }
            break;
        }
    }

private:
    void Byte(std::size_t byte) { bytes.push_back(static_cast<char>(byte)); }

    void Big(std::uint64_t number, int width)
    {
        for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) Byte((number >> shift) & 0xFF);
    }

    void PutInt(std::int64_t number)
    {
        const auto bits = static_cast<std::uint64_t>(number);
        if (number >= 0)
        {
            if (number < 0x80) return Byte(bits);
            const int width = number <= 0xFF ? 1 : number <= 0xFFFF ? 2 : number <= 0xFFFFFFFFLL ? 4 : 8;
            Byte(width == 1 ? 0xCC : width == 2 ? 0xCD : width == 4 ? 0xCE : 0xCF);
            return Big(bits, width);
        }
        if (number >= -32) return Byte(bits & 0xFF);
        const int width = number >= -0x80 ? 1 : number >= -0x8000 ? 2 : number >= -0x80000000LL ? 4 : 8;
        Byte(width == 1 ? 0xD0 : width == 2 ? 0xD1 : width == 4 ? 0xD2 : 0xD3);
        Big(bits, width);
    }

    void Sized(std::size_t size, int one, int two, int four)
    {
        const int width = size <= 0xFF ? 1 : size <= 0xFFFF ? 2 : 4;
        Byte(static_cast<std::size_t>(width == 1 ? one : width == 2 ? two : four));
        Big(size, width);
    }

    void Nested(std::size_t size, std::size_t fixed, std::size_t wide)
    {
        if (size < 16) return Byte(fixed | size);
        Byte(size <= 0xFFFF ? wide : wide + 1);
        Big(size, size <= 0xFFFF ? 2 : 4);
    }
};

inline std::string Pack(const Value& value)
{
    Packer packer;
    packer.Put(value);
    return std::move(packer.bytes);
}

/** Reads one value; see Unpack. */
class Unpacker
{
public:
    Unpacker(const std::uint8_t* given, std::size_t size, Fault& told) : data(given), left(size), fault(told) {}

    bool Whole(Value& out)
    {
        if (!Read(out, 0)) return false;
        return left == 0 || Bad("does not end where its map ends", "send one map and nothing after it");
    }

private:
    const std::uint8_t* data;
    std::size_t left;
    Fault& fault;
    std::int64_t seen = 0;

    bool Bad(const char* what, const char* fix) { return fault.Say(WORLDSDK_ERROR_CODE_BAD_MESSAGE, what, fix); }
    bool Short() { return Bad("is cut short", "send one whole msgpack map"); }

    bool Big(int width, std::uint64_t& out)
    {
        if (left < static_cast<std::size_t>(width)) return Short();
        out = 0;
        for (int at = 0; at < width; ++at) out = (out << 8) | data[at];
        data += width;
        left -= static_cast<std::size_t>(width);
        return true;
    }

    bool Read(Value& out, int depth)
    {
        if (++seen > WORLDSDK_LIMIT_MAX_VALUES) return Bad("holds more than 16384 values", "send fewer");
        std::uint64_t first = 0;
        if (!Big(1, first)) return false;
        if (first <= 0x7F) return Number(out, static_cast<std::int64_t>(first));
        if (first <= 0x8F) return Map(out, first & 0x0F, depth);
        if (first <= 0x9F) return Array(out, first & 0x0F, depth);
        if (first <= 0xBF) return Text(out, first & 0x1F, Kind::String);
        if (first >= 0xE0) return Number(out, static_cast<std::int64_t>(first) - 0x100);
        std::uint64_t raw = 0;
        switch (first)
        {
        case 0xC0: out = Value(); return true;
        case 0xC2:
        case 0xC3: out = Value::Bool(first == 0xC3); return true;
        case 0xC4:
        case 0xC5:
        case 0xC6: return Big(1 << (first - 0xC4), raw) && Text(out, raw, Kind::Bin);
        case 0xCA:
        {
            float number;
            if (!Big(4, raw)) return false;
            const auto bits = static_cast<std::uint32_t>(raw);
            std::memcpy(&number, &bits, sizeof number);
            return Real(out, static_cast<double>(number));
        }
        case 0xCB:
        {
            double number;
            if (!Big(8, raw)) return false;
            std::memcpy(&number, &raw, sizeof number);
            return Real(out, number);
        }
        case 0xCC:
        case 0xCD:
        case 0xCE:
        case 0xCF:
            if (!Big(1 << (first - 0xCC), raw)) return false;
            if (raw > static_cast<std::uint64_t>(WORLDSDK_LIMIT_MAX_INTEGER)) return TooWide();
            return Number(out, static_cast<std::int64_t>(raw));
        case 0xD0: return Big(1, raw) && Number(out, static_cast<std::int8_t>(raw));
        case 0xD1: return Big(2, raw) && Number(out, static_cast<std::int16_t>(raw));
        case 0xD2: return Big(4, raw) && Number(out, static_cast<std::int32_t>(raw));
        case 0xD3: return Big(8, raw) && Number(out, static_cast<std::int64_t>(raw));
        case 0xD9:
        case 0xDA:
        case 0xDB: return Big(1 << (first - 0xD9), raw) && Text(out, raw, Kind::String);
        case 0xDC:
        case 0xDD: return Big(first == 0xDC ? 2 : 4, raw) && Array(out, raw, depth);
        case 0xDE:
        case 0xDF: return Big(first == 0xDE ? 2 : 4, raw) && Map(out, raw, depth);
        default: return Bad("holds an ext type or an unused code", "send plain msgpack");
        }
    }

    bool TooWide() { return Bad("holds an integer beyond 2^53 - 1", "send integers within it"); }

    bool Number(Value& out, std::int64_t number)
    {
        if (number > WORLDSDK_LIMIT_MAX_INTEGER || number < -WORLDSDK_LIMIT_MAX_INTEGER) return TooWide();
        out = Value::Int(number);
        return true;
    }

    bool Real(Value& out, double number)
    {
        if (!std::isfinite(number)) return Bad("holds NaN or infinity", "send finite numbers");
        out = Value::Float(number);
        return true;
    }

    bool Text(Value& out, std::uint64_t size, Kind kind)
    {
        if (size > left) return Short();
        out = Value::String(std::string(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)));
        out.kind = kind;
        data += size;
        left -= static_cast<std::size_t>(size);
        if (kind == Kind::String && CountCharacters(out.text) < 0)
            return Bad("holds a string that is not UTF-8", "send UTF-8, or bin");
        return true;
    }

    bool Fits(std::uint64_t count, int depth, std::uint64_t each)
    {
        if (depth >= WORLDSDK_LIMIT_MAX_DEPTH) return Bad("is nested deeper than 16", "send flatter data");
        if (count > WORLDSDK_LIMIT_MAX_ITEMS) return Bad("holds more than 4096 entries in one place", "send fewer");
        return count * each <= left || Short();
    }

    bool Array(Value& out, std::uint64_t count, int depth)
    {
        if (!Fits(count, depth, 1)) return false;
        out = Value::Array();
        for (std::uint64_t at = 0; at < count; ++at)
        {
            out.items.emplace_back();
            if (!Read(out.items.back(), depth + 1)) return false;
        }
        return true;
    }

    bool Map(Value& out, std::uint64_t count, int depth)
    {
        if (!Fits(count, depth, 2)) return false;
        out = Value::Map();
        Value key;
        for (std::uint64_t at = 0; at < count; ++at)
        {
            if (!Read(key, depth + 1)) return false;
            if (key.kind != Kind::String) return Bad("has a key that is no string", "use strings as keys");
            out.entries.push_back(Entry{std::move(key.text), Value()});
            if (!Read(out.entries.back().value, depth + 1)) return false;
        }
        return Unique(out) || Bad("names a key twice", "name each once");
    }

    static bool Unique(const Value& map)
    {
        std::vector<const std::string*> keys;
        keys.reserve(map.entries.size());
        for (const Entry& entry : map.entries) keys.push_back(&entry.key);
        const auto less = [](const std::string* a, const std::string* b) { return *a < *b; };
        const auto same = [](const std::string* a, const std::string* b) { return *a == *b; };
        std::sort(keys.begin(), keys.end(), less);
        return std::adjacent_find(keys.begin(), keys.end(), same) == keys.end();
    }
};

/**
 * The one map that `size` bytes hold.
 * @return false, with `fault` filled in (`too_large` or `bad_message`), for anything else.
 */
inline bool Unpack(const std::uint8_t* data, std::size_t size, std::size_t maxBytes, Value& out, Fault& fault)
{
    if (size > maxBytes)
    {
        fault.Say(WORLDSDK_ERROR_CODE_TOO_LARGE, "has " + std::to_string(size) + " bytes",
                  "send at most " + std::to_string(maxBytes));
        return fault.Inside("the message");
    }
    Unpacker unpacker(data, size, fault);
    if (!unpacker.Whole(out)) return fault.Inside("the message");
    if (out.kind != Kind::Map)
    {
        fault.Say(WORLDSDK_ERROR_CODE_BAD_MESSAGE, std::string("is ") + NameOf(out.kind), "send a map");
        return fault.Inside("the message");
    }
    return true;
}
}  // namespace worldsdk
