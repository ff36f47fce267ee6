using System.IO;
using UnrealBuildTool;

// Headers only, and none of the engine's: the same files are compiled outside the engine by the tests.
public class WorldSDKCore : ModuleRules
{
    public WorldSDKCore(ReadOnlyTargetRules Target) : base(Target)
    {
        Type = ModuleType.External;
        PublicSystemIncludePaths.Add(Path.Combine(ModuleDirectory, "Public"));
    }
}
