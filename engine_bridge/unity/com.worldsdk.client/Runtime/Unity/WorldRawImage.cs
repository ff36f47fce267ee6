using UnityEngine;
using UnityEngine.UI;

namespace WorldSDK.Unity
{
    /// <summary>Shows a world in a UI RawImage: a full-screen game, or a picture in a menu. A HUD goes above it.</summary>
    [AddComponentMenu("WorldSDK/World Raw Image")]
    [RequireComponent(typeof(RawImage))]
    public sealed class WorldRawImage : MonoBehaviour
    {
        public WorldClient client;
        [Tooltip("Keeps the world's proportions by shrinking this rectangle inside its own size at start.")]
        public bool keepAspect = true;

        private RawImage image;
        private RectTransform rectangle;
        private Vector2 room;

        private void Awake()
        {
            image = GetComponent<RawImage>();
            rectangle = GetComponent<RectTransform>();
            room = rectangle.rect.size;
        }

        private void LateUpdate()
        {
            var texture = client != null ? client.Texture : null;
            image.enabled = texture != null;
            if (texture == null || image.texture == texture) return;
            image.texture = texture;
            if (!keepAspect || room.x <= 0f || room.y <= 0f) return;
            var scale = Mathf.Min(room.x / texture.width, room.y / texture.height);
            rectangle.SetSizeWithCurrentAnchors(RectTransform.Axis.Horizontal, texture.width * scale);
            rectangle.SetSizeWithCurrentAnchors(RectTransform.Axis.Vertical, texture.height * scale);
        }
    }
}
