// From the wire's raw pictures and layers to what engines upload.
#pragma once

#include "WorldSDKCore/Fault.h"
#include "WorldSDKCore/Welcome.h"
#include "WorldSDKCore/worldsdk_protocol.h"

namespace worldsdk
{
enum class Order : std::uint8_t { RGBA, BGRA };

/**
 * A raw frame as four bytes a pixel, row by row from the top.
 * @param out resized to width * height * 4.
 * @return false with `fault` filled in for another codec or the wrong length.
 */
inline bool ToPixels(const Frame& frame, Order order, std::vector<std::uint8_t>& out, Fault& fault)
{
    const std::size_t count = static_cast<std::size_t>(frame.width) * static_cast<std::size_t>(frame.height);
    const bool four = frame.codec == WORLDSDK_CODEC_RAW_RGBA;
    if (!four && frame.codec != WORLDSDK_CODEC_RAW_RGB)
        return fault.Say(WORLDSDK_ERROR_CODE_NOT_CAPABLE, "the frame is " + frame.codec + ", not raw pixels",
                         "ask for raw_rgba or raw_rgb, or decode it with the engine's own decoder");
    const std::size_t step = four ? 4 : 3;
    if (frame.data.size() != count * step)
        return fault.Say(WORLDSDK_ERROR_CODE_BAD_MESSAGE,
                         "the frame has " + std::to_string(frame.data.size()) + " bytes instead of " +
                             std::to_string(count * step));
    out.resize(count * 4);
    const auto* from = reinterpret_cast<const std::uint8_t*>(frame.data.data());
    std::uint8_t* to = out.data();
    const std::size_t red = order == Order::RGBA ? 0 : 2;
    for (std::size_t at = 0; at < count; ++at, from += step, to += 4)
    {
        to[red] = from[0];
        to[1] = from[1];
        to[2 - red] = from[2];
        to[3] = 255;
    }
    return true;
}

/**
 * A layer in its own unit, row by row from the top.
 * @return false with `fault` filled in where the frame lacks it or its length is wrong.
 */
inline bool ToLayer(const Frame& frame, const Range& range, std::vector<float>& out, Fault& fault)
{
    const std::size_t count = static_cast<std::size_t>(frame.width) * static_cast<std::size_t>(frame.height);
    for (const auto& layer : frame.layers)
    {
        if (layer.first != range.name) continue;
        if (layer.second.size() != count * 2)
            return fault.Say(WORLDSDK_ERROR_CODE_BAD_MESSAGE, "layer " + range.name + " has the wrong length");
        out.resize(count);
        const auto* from = reinterpret_cast<const std::uint8_t*>(layer.second.data());
        const double scale = (range.high - range.low) / 65535.0;
        for (std::size_t at = 0; at < count; ++at)
            out[at] = static_cast<float>(range.low + scale * (from[2 * at] | (from[2 * at + 1] << 8)));
        return true;
    }
    return fault.Say(WORLDSDK_ERROR_CODE_NOT_CAPABLE, "the frame has no layer " + range.name,
                     "ask for it in connect's layers; welcome lists those granted");
}
}  // namespace worldsdk
