using UnityEngine;

namespace WorldSDK.Unity
{
    /// <summary>Shows a world behind everything that a camera sees; the camera may follow the world's own pose.</summary>
    [AddComponentMenu("WorldSDK/World Background")]
    [RequireComponent(typeof(Camera))]
    public sealed class WorldBackground : MonoBehaviour
    {
        public WorldClient client;
        public bool followPose = true;
        public WorldPose pose = new WorldPose();

        private Camera view;
        private WorldQuad quad;

        private void OnEnable()
        {
            view = GetComponent<Camera>();
            quad = new WorldQuad(view, "WorldSDK/Background", "World Background");
        }

        private void OnDisable()
        {
            quad.Remove();
        }

        private void LateUpdate()
        {
            var texture = client != null ? client.Texture : null;
            quad.Place(0.99f * view.farClipPlane, texture != null);
            if (texture == null || quad.Material == null) return;
            quad.Material.mainTexture = texture;
            if (followPose) pose.Apply(client, view.transform);
        }
    }
}
