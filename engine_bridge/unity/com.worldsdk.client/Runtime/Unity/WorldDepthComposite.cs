using UnityEngine;

namespace WorldSDK.Unity
{
    /// <summary>
    /// Shows a world with its depth: objects of the scene stand before and behind what the world draws. Needs a world with
    /// a depth layer, and that layer in the client's options.layers.
    /// </summary>
    [AddComponentMenu("WorldSDK/World Depth Composite")]
    [RequireComponent(typeof(Camera))]
    public sealed class WorldDepthComposite : MonoBehaviour
    {
        public WorldClient client;
        public string layer = "depth";
        [Tooltip("Scene units per unit of the layer.")]
        public float depthScale = 0.01f;
        [Tooltip("The layer measures along the ray instead of along the camera's axis.")]
        public bool alongRay;
        public bool followPose = true;
        public WorldPose pose = new WorldPose();

        private Camera view;
        private WorldQuad quad;
        private Texture2D depth;
        private WorldFrame last;

        private void OnEnable()
        {
            view = GetComponent<Camera>();
            quad = new WorldQuad(view, "WorldSDK/DepthComposite", "World Depth Composite");
        }

        private void OnDisable()
        {
            quad.Remove();
            if (depth != null) Destroy(depth);
            depth = null;
            last = null;
        }

        private void LateUpdate()
        {
            var newest = client != null ? client.Latest : null;
            var texture = client != null ? client.Texture : null;
            if (newest != null && newest != last) TakeDepth(newest);
            var ready = texture != null && depth != null && quad.Material != null;
            // The quad's own place only decides that it is drawn: the shader writes the depth.
            quad.Place(2f * view.nearClipPlane, ready);
            if (!ready) return;
            quad.Material.mainTexture = texture;
            quad.Material.SetTexture("_WorldDepth", depth);
            quad.Material.SetFloat("_DepthScale", depthScale);
            quad.Material.SetFloat("_AlongRay", alongRay ? 1f : 0f);
            if (followPose) pose.Apply(client, view.transform);
        }

        private void TakeDepth(WorldFrame newest)
        {
            last = newest;
            var values = newest.Layer(client.Welcome.FindLayer(layer));
            if (values == null) return;
            if (depth == null || depth.width != newest.Width || depth.height != newest.Height)
            {
                if (depth != null) Destroy(depth);
                depth = new Texture2D(newest.Width, newest.Height, TextureFormat.RFloat, false, true);
                depth.filterMode = FilterMode.Point;
                depth.wrapMode = TextureWrapMode.Clamp;
            }
            depth.SetPixelData(values, 0);
            depth.Apply(false);
        }
    }
}
