// A plain value of the wire: nil, bool, integer, float, string, bin, array or map.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace worldsdk
{
enum class Kind : std::uint8_t { Nil, Bool, Int, Float, String, Bin, Array, Map };

/** What a kind is called in sentences. */
inline const char* NameOf(Kind kind)
{
    static const char* const names[] = {"nil",      "a bool", "an integer", "a float",
                                        "a string", "bin",    "an array",   "a map"};
    return names[static_cast<int>(kind)];
}

struct Entry;

/** One value. `text` holds strings (UTF-8) and bin alike, `items` the array's, `entries` the map's in order. */
struct Value
{
    Kind kind = Kind::Nil;
    bool truth = false;
    std::int64_t integer = 0;
    double real = 0.0;
    std::string text;
    std::vector<Value> items;
    std::vector<Entry> entries;

    Value();
    Value(const Value&);
    Value(Value&&) noexcept;
    Value& operator=(const Value&);
    Value& operator=(Value&&) noexcept;
    ~Value();

    static Value Bool(bool given);
    static Value Int(std::int64_t given);
    static Value Float(double given);
    static Value String(std::string given);
    static Value Bin(std::string given);
    static Value Array();
    static Value Map();

    bool IsNil() const { return kind == Kind::Nil; }
    bool IsNumber() const { return kind == Kind::Int || kind == Kind::Float; }

    /** The entry's value, or null where this is no map or has no such key. */
    const Value* Find(const char* key) const;
    /** Adds an entry to a map; the caller sees to it that the key is new. */
    Value& Add(std::string key, Value value);

    /** Reads an entry as what is asked for, or returns the fallback where it is missing, nil or something else. */
    std::int64_t IntOr(const char* key, std::int64_t fallback) const;
    double FloatOr(const char* key, double fallback) const;
    bool BoolOr(const char* key, bool fallback) const;
    std::string TextOr(const char* key, const char* fallback = "") const;

    /** The number that this is; 0 where it is none. */
    double Number() const { return kind == Kind::Int ? static_cast<double>(integer) : real; }
};

struct Entry
{
    std::string key;
    Value value;
};

inline Value::Value() = default;
inline Value::Value(const Value&) = default;
inline Value::Value(Value&&) noexcept = default;
inline Value& Value::operator=(const Value&) = default;
inline Value& Value::operator=(Value&&) noexcept = default;
inline Value::~Value() = default;

inline Value Value::Bool(bool given)
{
    Value made;
    made.kind = Kind::Bool;
    made.truth = given;
    return made;
}

inline Value Value::Int(std::int64_t given)
{
    Value made;
    made.kind = Kind::Int;
    made.integer = given;
    return made;
}

inline Value Value::Float(double given)
{
    Value made;
    made.kind = Kind::Float;
    made.real = given;
    return made;
}

inline Value Value::String(std::string given)
{
    Value made;
    made.kind = Kind::String;
    made.text = std::move(given);
    return made;
}

inline Value Value::Bin(std::string given)
{
    Value made = String(std::move(given));
    made.kind = Kind::Bin;
    return made;
}

inline Value Value::Array()
{
    Value made;
    made.kind = Kind::Array;
    return made;
}

inline Value Value::Map()
{
    Value made;
    made.kind = Kind::Map;
    return made;
}

inline const Value* Value::Find(const char* key) const
{
    for (const Entry& entry : entries)
        if (entry.key == key) return &entry.value;
    return nullptr;
}

inline Value& Value::Add(std::string key, Value value)
{
    entries.push_back(Entry{std::move(key), std::move(value)});
    return *this;
}

inline std::int64_t Value::IntOr(const char* key, std::int64_t fallback) const
{
    const Value* found = Find(key);
    return found && found->kind == Kind::Int ? found->integer : fallback;
}

inline double Value::FloatOr(const char* key, double fallback) const
{
    const Value* found = Find(key);
    return found && found->IsNumber() ? found->Number() : fallback;
}

inline bool Value::BoolOr(const char* key, bool fallback) const
{
    const Value* found = Find(key);
    return found && found->kind == Kind::Bool ? found->truth : fallback;
}

inline std::string Value::TextOr(const char* key, const char* fallback) const
{
    const Value* found = Find(key);
    const bool holds = found && (found->kind == Kind::String || found->kind == Kind::Bin);
    return holds ? found->text : std::string(fallback);
}
}  // namespace worldsdk
