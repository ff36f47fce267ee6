// What a field may be, as data, and the one check that reads it.
#pragma once

#include <cfloat>

#include "WorldSDKCore/Msgpack.h"

namespace worldsdk
{
enum class Form : std::uint8_t { Int, Float, Bool, String, Bin, Choice, List, Fixed, Map, Record, Any };

struct Field;

/** `low` and `high` bound a number, or the length of anything that has one. */
struct Shape
{
    Form form = Form::Any;
    double low = 0.0;
    double high = 0.0;
    std::vector<const char*> choices;
    std::vector<Shape> items;
    std::vector<Field> fields;
    bool nullable = false;

    Shape();
    Shape(Form form, double low, double high);
    Shape(const Shape&);
    Shape& operator=(const Shape&);
    ~Shape();

    Shape Nullable() const
    {
        Shape copy = *this;
        copy.nullable = true;
        return copy;
    }
};

struct Field
{
    const char* name;
    Shape shape;
    bool required = true;
};

inline Shape::Shape() = default;
inline Shape::Shape(Form given, double least, double most) : form(given), low(least), high(most) {}
inline Shape::Shape(const Shape&) = default;
inline Shape& Shape::operator=(const Shape&) = default;
inline Shape::~Shape() = default;

namespace shapes
{
constexpr double kMaxInteger = static_cast<double>(WORLDSDK_LIMIT_MAX_INTEGER);

inline Shape Int(double low = 0, double high = kMaxInteger) { return Shape(Form::Int, low, high); }
inline Shape Float(double low = -DBL_MAX, double high = DBL_MAX) { return Shape(Form::Float, low, high); }
inline Shape Bool() { return Shape(Form::Bool, 0, 0); }
inline Shape String(double most = 4096, double least = 0) { return Shape(Form::String, least, most); }
inline Shape Bin() { return Shape(Form::Bin, 0, static_cast<double>(WORLDSDK_LIMIT_MAX_MESSAGE_BYTES)); }
inline Shape Any() { return Shape(); }

inline Shape Choice(std::vector<const char*> words)
{
    Shape made(Form::Choice, 0, 0);
    made.choices = std::move(words);
    return made;
}

inline Shape Many(Form form, const Shape& inner, double most, double least)
{
    Shape made(form, least, most);
    made.items.push_back(inner);
    return made;
}

inline Shape List(const Shape& inner, double most = WORLDSDK_LIMIT_MAX_ITEMS, double least = 0)
{
    return Many(Form::List, inner, most, least);
}

inline Shape Map(const Shape& inner, double most = WORLDSDK_LIMIT_MAX_ITEMS)
{
    return Many(Form::Map, inner, most, 0);
}

inline Shape Fixed(const std::vector<Shape>& places)
{
    Shape made(Form::Fixed, static_cast<double>(places.size()), static_cast<double>(places.size()));
    made.items = places;
    return made;
}

inline Shape Record(const std::vector<Field>& fields)
{
    Shape made(Form::Record, 0, 0);
    made.fields = fields;
    return made;
}
}  // namespace shapes

bool Conforms(const Value& value, const Shape& shape, Fault& fault);

namespace detail
{
/** Characters of a map's key that carries a name of its own. */
constexpr std::int64_t kLongestKey = 128;

inline bool Refuse(const Value& value, const char* wanted, Fault& fault)
{
    return fault.Say(WORLDSDK_ERROR_CODE_BAD_MESSAGE, std::string("is ") + NameOf(value.kind), wanted);
}

inline bool InRange(double number, const Shape& shape, const char* what, Fault& fault)
{
    if (number >= shape.low && number <= shape.high) return true;
    return fault.Say(WORLDSDK_ERROR_CODE_BAD_MESSAGE, std::string(what) + " is out of range");
}

inline bool ConformsRecord(const Value& value, const Shape& shape, Fault& fault)
{
    for (const Field& field : shape.fields)
    {
        const Value* found = value.Find(field.name);
        if (found && !found->IsNil())
        {
            if (!Conforms(*found, field.shape, fault)) return fault.Inside(field.name);
        }
        else if (field.required && !(found && field.shape.nullable))
        {
            fault.Say(WORLDSDK_ERROR_CODE_BAD_MESSAGE, found ? "is nil" : "is missing", "give it");
            return fault.Inside(field.name);
        }
    }
    return true;
}

inline bool ConformsMap(const Value& value, const Shape& shape, Fault& fault)
{
    if (!InRange(static_cast<double>(value.entries.size()), shape, "the number of entries", fault)) return false;
    for (const Entry& entry : value.entries)
    {
        if (CountCharacters(entry.key) > kLongestKey)
            return fault.Say(WORLDSDK_ERROR_CODE_BAD_MESSAGE, "has a key that is too long for a name");
        if (!Conforms(entry.value, shape.items[0], fault)) return fault.Inside(entry.key);
    }
    return true;
}

inline bool ConformsArray(const Value& value, const Shape& shape, Fault& fault)
{
    if (!InRange(static_cast<double>(value.items.size()), shape, "the number of entries", fault)) return false;
    for (std::size_t at = 0; at < value.items.size(); ++at)
    {
        const Shape& inner = shape.form == Form::Fixed ? shape.items[at] : shape.items[0];
        if (!Conforms(value.items[at], inner, fault)) return fault.Inside("[" + std::to_string(at) + "]");
    }
    return true;
}
}  // namespace detail

/** Whether a value is what a shape says; unknown keys of records are ignored. Fills `fault` in where not. */
inline bool Conforms(const Value& value, const Shape& shape, Fault& fault)
{
    using detail::InRange;
    using detail::Refuse;
    if (value.IsNil() && shape.nullable) return true;
    switch (shape.form)
    {
    case Form::Any: return true;
    case Form::Int:
        if (value.kind != Kind::Int) return Refuse(value, "give an integer", fault);
        return InRange(static_cast<double>(value.integer), shape, "the integer", fault);
    case Form::Float:
        if (!value.IsNumber()) return Refuse(value, "give a number", fault);
        return InRange(value.Number(), shape, "the number", fault);
    case Form::Bool: return value.kind == Kind::Bool || Refuse(value, "give true or false", fault);
    case Form::String:
        if (value.kind != Kind::String) return Refuse(value, "give a string", fault);
        return InRange(static_cast<double>(CountCharacters(value.text)), shape, "the length", fault);
    case Form::Bin:
        if (value.kind != Kind::Bin) return Refuse(value, "give bin", fault);
        return InRange(static_cast<double>(value.text.size()), shape, "the length", fault);
    case Form::Choice:
        if (value.kind != Kind::String) return Refuse(value, "give a string", fault);
        for (const char* word : shape.choices)
            if (value.text == word) return true;
        return fault.Say(WORLDSDK_ERROR_CODE_BAD_MESSAGE, "is none of the words allowed");
    case Form::List:
    case Form::Fixed:
        if (value.kind != Kind::Array) return Refuse(value, "give an array", fault);
        return detail::ConformsArray(value, shape, fault);
    case Form::Map:
        if (value.kind != Kind::Map) return Refuse(value, "give a map", fault);
        return detail::ConformsMap(value, shape, fault);
    case Form::Record:
        if (value.kind != Kind::Map) return Refuse(value, "give a map", fault);
        return detail::ConformsRecord(value, shape, fault);
    }
    return false;
}
}  // namespace worldsdk
