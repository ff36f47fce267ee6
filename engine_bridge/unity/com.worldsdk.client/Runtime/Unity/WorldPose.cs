using System;
using UnityEngine;

namespace WorldSDK.Unity
{
    /// <summary>From a world's state variables to a place in the scene.</summary>
    [Serializable]
    public sealed class WorldPose
    {
        public string x = "x";
        public string y = "y";
        public string heading = "heading";
        [Tooltip("Scene units per unit of the world.")]
        public float scale = 0.01f;
        [Tooltip("Where the world's origin lies in the scene.")]
        public Vector3 origin;
        [Tooltip("Height of the eye above the origin, in scene units.")]
        public float eye = 0.4f;
        [Tooltip("Added to the heading, degrees. Headings count counter-clockwise from the world's x axis.")]
        public float turn;

        /// <summary>Moves a camera to where the newest frame was seen from; false where the world tells no position.</summary>
        public bool Apply(WorldClient client, Transform camera)
        {
            var latest = client != null ? client.Latest : null;
            if (latest == null || !latest.State.ContainsKey(x) || !latest.State.ContainsKey(y)) return false;
            camera.position = origin + new Vector3(client.GetState(x) * scale, eye, client.GetState(y) * scale);
            camera.rotation = Quaternion.Euler(0f, 90f - client.GetState(heading) + turn, 0f);
            return true;
        }
    }
}
