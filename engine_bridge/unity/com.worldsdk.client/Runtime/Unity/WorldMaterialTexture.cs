using UnityEngine;

namespace WorldSDK.Unity
{
    /// <summary>Shows a world on a renderer: a TV, a portal, a painting. Other renderers of the material are untouched.</summary>
    [AddComponentMenu("WorldSDK/World Material Texture")]
    [RequireComponent(typeof(Renderer))]
    public sealed class WorldMaterialTexture : MonoBehaviour
    {
        public WorldClient client;
        [Tooltip("_MainTex in the built-in pipeline, _BaseMap in URP, _BaseColorMap in HDRP; empty: the first that it has.")]
        public string property = "";

        private static readonly string[] Usual = { "_BaseMap", "_BaseColorMap", "_MainTex" };

        private Renderer target;
        private MaterialPropertyBlock block;

        private void Awake()
        {
            target = GetComponent<Renderer>();
            block = new MaterialPropertyBlock();
            if (property.Length > 0) return;
            foreach (var name in Usual)
            {
                if (!target.sharedMaterial.HasProperty(name)) continue;
                property = name;
                return;
            }
        }

        private void LateUpdate()
        {
            if (client == null || client.Texture == null || property.Length == 0) return;
            target.GetPropertyBlock(block);
            block.SetTexture(property, client.Texture);
            target.SetPropertyBlock(block);
        }
    }
}
