// A frame's bytes to pixels, and pixels to a texture on the render thread.
#pragma once

#include "Engine/Texture2D.h"
#include "IImageWrapper.h"
#include "IImageWrapperModule.h"
#include "Modules/ModuleManager.h"
#include "RHI.h"
#include "WorldSDKCore/Pixels.h"

namespace WorldPicture
{
/** RGBA, row by row from the top. Raw codecs need no decoder; jpeg and png go through the engine's. */
inline bool Decode(const worldsdk::Frame& Frame, std::vector<std::uint8_t>& Out, worldsdk::Fault& Fault)
{
    const bool bJpeg = Frame.codec == WORLDSDK_CODEC_JPEG;
    if (!bJpeg && Frame.codec != WORLDSDK_CODEC_PNG) return worldsdk::ToPixels(Frame, worldsdk::Order::RGBA, Out, Fault);
    IImageWrapperModule& Module = FModuleManager::LoadModuleChecked<IImageWrapperModule>(TEXT("ImageWrapper"));
    const TSharedPtr<IImageWrapper> Wrapper = Module.CreateImageWrapper(bJpeg ? EImageFormat::JPEG : EImageFormat::PNG);
    TArray64<uint8> Raw;
    const bool bGood = Wrapper && Wrapper->SetCompressed(Frame.data.data(), static_cast<int64>(Frame.data.size())) &&
                       Wrapper->GetWidth() == Frame.width && Wrapper->GetHeight() == Frame.height &&
                       Wrapper->GetRaw(ERGBFormat::RGBA, 8, Raw);
    if (!bGood)
        return Fault.Say(WORLDSDK_ERROR_CODE_IMAGE_INVALID, "the frame is no " + Frame.codec + " of the world's size");
    Out.assign(Raw.GetData(), Raw.GetData() + Raw.Num());
    return true;
}

/** Hands a copy to the render thread, which frees it. */
inline void Upload(UTexture2D& Texture, const std::vector<std::uint8_t>& Pixels)
{
    const int32 Width = Texture.GetSizeX(), Height = Texture.GetSizeY();
    auto* Region = new FUpdateTextureRegion2D(0, 0, 0, 0, Width, Height);
    auto* Copy = static_cast<uint8*>(FMemory::Malloc(Pixels.size()));
    FMemory::Memcpy(Copy, Pixels.data(), Pixels.size());
    Texture.UpdateTextureRegions(0, 1, Region, static_cast<uint32>(Width) * 4, 4, Copy,
                                 [](uint8* Data, const FUpdateTextureRegion2D* Regions) {
                                     FMemory::Free(Data);
                                     delete Regions;
                                 });
}
}  // namespace WorldPicture
