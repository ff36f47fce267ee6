#pragma once

#include "Components/ActorComponent.h"
#include "CoreMinimal.h"
#include "Templates/PimplPtr.h"
#include "WorldTypes.h"
#include "WorldClientComponent.generated.h"

class UTexture2D;
struct FWorldLink;

DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(FWorldConnected, const FWorldWelcome&, Welcome);
DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(FWorldFrameCame, const FWorldFrame&, Frame);
DECLARE_DYNAMIC_MULTICAST_DELEGATE_FourParams(FWorldApplied, const FString&, Command, int64, Id, int64, Tick,
                                              const FWorldResult&, Result);
DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(FWorldQualityCame, const FWorldQuality&, Quality);
DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(FWorldEventCame, const FString&, Name);
DECLARE_DYNAMIC_MULTICAST_DELEGATE_ThreeParams(FWorldFailed, const FString&, Code, const FString&, Message, int64, Id);
DECLARE_DYNAMIC_MULTICAST_DELEGATE_ThreeParams(FWorldDisconnected, int32, Code, const FString&, Reason, bool,
                                               bWillRetry);
DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(FWorldTextureMade, UTexture2D*, Texture);

/**
 * A connection to a worldsdk server, with its picture as a texture.
 *
 * Put it on any actor, give it a URL, and use Texture in a material, a UMG image or a post-process. Commands return an
 * id, which OnApplied or OnFailed carries; 0 where they were refused at once (OnFailed says why).
 */
UCLASS(ClassGroup = (World), meta = (BlueprintSpawnableComponent))
class WORLDSDK_API UWorldClientComponent : public UActorComponent
{
    GENERATED_BODY()

public:
    UWorldClientComponent();

    /** ws://host:port; /play is filled in. */
    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "World")
    FString Url = TEXT("ws://localhost:8765");
    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "World")
    FWorldOptions Options;
    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "World")
    bool bConnectOnBeginPlay = true;
    /** Keyboard, mouse and gamepad of the first local player move the controls that the world binds them to. */
    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "World")
    bool bBindInput = true;
    /** The newest picture; null before the first. */
    UPROPERTY(BlueprintReadOnly, Category = "World")
    TObjectPtr<UTexture2D> Texture;

    UPROPERTY(BlueprintAssignable, Category = "World")
    FWorldConnected OnConnected;
    UPROPERTY(BlueprintAssignable, Category = "World")
    FWorldFrameCame OnFrame;
    UPROPERTY(BlueprintAssignable, Category = "World")
    FWorldApplied OnApplied;
    UPROPERTY(BlueprintAssignable, Category = "World")
    FWorldQualityCame OnQuality;
    UPROPERTY(BlueprintAssignable, Category = "World")
    FWorldEventCame OnEvent;
    UPROPERTY(BlueprintAssignable, Category = "World")
    FWorldFailed OnFailed;
    UPROPERTY(BlueprintAssignable, Category = "World")
    FWorldDisconnected OnDisconnected;
    /** A texture was made, because the world's size became known or changed: set it on materials here. */
    UPROPERTY(BlueprintAssignable, Category = "World")
    FWorldTextureMade OnTexture;

    /** Leaves an older session first. False, and OnFailed, where url or options are no good. */
    UFUNCTION(BlueprintCallable, Category = "World")
    bool Connect(const FString& InUrl, const FWorldOptions& InOptions);
    UFUNCTION(BlueprintCallable, Category = "World")
    void Disconnect();
    UFUNCTION(BlueprintPure, Category = "World")
    bool IsConnected() const;
    UFUNCTION(BlueprintPure, Category = "World")
    bool Can(const FString& Capability) const;
    /** A state variable of the newest frame, e.g. x or heading. */
    UFUNCTION(BlueprintPure, Category = "World")
    float GetState(const FString& Name, float Fallback = 0.f) const;
    /** A layer of the newest frame in its own unit, row by row from the top; empty where there is none. */
    UFUNCTION(BlueprintCallable, Category = "World")
    TArray<float> GetLayer(const FString& Name) const;
    UFUNCTION(BlueprintPure, Category = "World")
    FWorldQuality GetQuality() const;

    UFUNCTION(BlueprintCallable, Category = "World|Controls")
    bool SetControl(const FString& Name, float Value);
    UFUNCTION(BlueprintCallable, Category = "World|Controls")
    bool Press(const FString& Name);
    UFUNCTION(BlueprintCallable, Category = "World|Controls")
    bool Release(const FString& Name);
    /** Lockstep: ticks to take with what is held; answered by one frame. */
    UFUNCTION(BlueprintCallable, Category = "World|Controls")
    int64 Step(int32 Ticks = 1);

    UFUNCTION(BlueprintCallable, Category = "World|Commands")
    int64 Start(int64 Seed, int64 StartContext = -1);
    UFUNCTION(BlueprintCallable, Category = "World|Commands")
    int64 Pause();
    UFUNCTION(BlueprintCallable, Category = "World|Commands")
    int64 Resume();
    UFUNCTION(BlueprintCallable, Category = "World|Commands")
    int64 Reset(int64 Seed = -1, int64 StartContext = -1);
    UFUNCTION(BlueprintCallable, Category = "World|Commands")
    int64 SetSpeed(float Factor);
    UFUNCTION(BlueprintCallable, Category = "World|Commands")
    int64 Snapshot();
    UFUNCTION(BlueprintCallable, Category = "World|Commands")
    int64 Restore(const TArray<uint8>& Bytes);
    UFUNCTION(BlueprintCallable, Category = "World|Commands")
    int64 Fork();
    UFUNCTION(BlueprintCallable, Category = "World|Commands")
    int64 Rewind(int64 Ticks);
    /** Picture: a PNG, JPEG or WebP file, or with bRaw RGB bytes of the world's size. */
    UFUNCTION(BlueprintCallable, Category = "World|Commands")
    int64 Observe(const TArray<uint8>& Picture, bool bRaw, const TMap<FString, float>& Controls);
    UFUNCTION(BlueprintCallable, Category = "World|Commands")
    int64 SetState(const TMap<FString, float>& Values);
    /** 0 or empty: stays as it is. */
    UFUNCTION(BlueprintCallable, Category = "World|Commands")
    int64 SetQuality(int32 Steps, const FString& Codec, int32 JpegQuality = 0, int32 Credit = 0);
    UFUNCTION(BlueprintCallable, Category = "World|Commands")
    int64 SetPrompt(const FString& Text);
    UFUNCTION(BlueprintCallable, Category = "World|Commands")
    int64 SetAnchor(const TArray<uint8>& Image);
    UFUNCTION(BlueprintCallable, Category = "World|Commands")
    int64 Record(bool bOn);

    virtual void BeginPlay() override;
    virtual void EndPlay(const EEndPlayReason::Type Reason) override;
    virtual void TickComponent(float Seconds, ELevelTick Type, FActorComponentTickFunction* Function) override;

private:
    void PollInput();
    void TellEvents();
    void Show();

    TPimplPtr<FWorldLink> Link;
};
