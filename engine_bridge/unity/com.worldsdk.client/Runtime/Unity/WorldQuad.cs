using UnityEngine;

namespace WorldSDK.Unity
{
    /// <summary>A quad that fills a camera's view at a distance.</summary>
    internal sealed class WorldQuad
    {
        private readonly Camera camera;
        private readonly GameObject quad;

        public readonly Material Material;

        public WorldQuad(Camera camera, string shader, string name)
        {
            this.camera = camera;
            var found = Shader.Find(shader);
            if (found == null)
            {
                // Shaders that only code names are stripped from builds unless a material or the graphics settings hold them.
                Debug.LogError("WorldSDK: add the shader " + shader + " to Always Included Shaders (Project Settings, Graphics)");
                return;
            }
            Material = new Material(found);
            quad = GameObject.CreatePrimitive(PrimitiveType.Quad);
            quad.name = name;
            quad.hideFlags = HideFlags.DontSave;
            Object.Destroy(quad.GetComponent<Collider>());
            quad.GetComponent<Renderer>().sharedMaterial = Material;
            quad.transform.SetParent(camera.transform, false);
        }

        /// <param name="distance">From the camera, in scene units.</param>
        public void Place(float distance, bool visible)
        {
            if (quad == null) return;
            quad.SetActive(visible);
            var height = camera.orthographic
                ? 2f * camera.orthographicSize
                : 2f * distance * Mathf.Tan(0.5f * camera.fieldOfView * Mathf.Deg2Rad);
            quad.transform.localPosition = new Vector3(0f, 0f, distance);
            quad.transform.localScale = new Vector3(height * camera.aspect, height, 1f);
        }

        public void Remove()
        {
            if (quad == null) return;
            Object.Destroy(quad);
            Object.Destroy(Material);
        }
    }
}
