using UnrealBuildTool;

public class WorldSDK : ModuleRules
{
    public WorldSDK(ReadOnlyTargetRules Target) : base(Target)
    {
        PCHUsage = PCHUsageMode.UseExplicitOrSharedPCHs;
        PublicDependencyModuleNames.AddRange(new[] { "Core", "CoreUObject", "Engine", "InputCore", "WorldSDKCore" });
        PrivateDependencyModuleNames.AddRange(new[] { "WebSockets", "RenderCore", "RHI", "ImageWrapper" });
    }
}
