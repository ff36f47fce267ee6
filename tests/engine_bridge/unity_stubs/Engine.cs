// Declarations of what the glue uses of Unity, from its documentation. For type checks only: nothing here does anything.
#pragma warning disable 67, 169, 649
using System;

namespace UnityEngine
{
    public class Object
    {
        public string name { get; set; }
        public HideFlags hideFlags { get; set; }
        public static void Destroy(Object what) { }
        public static implicit operator bool(Object what) { return what != null; }
    }

    [Flags] public enum HideFlags { None = 0, DontSave = 52 }
    public enum PrimitiveType { Sphere, Capsule, Cylinder, Cube, Plane, Quad }
    public enum TextureFormat { RGBA32 = 4, RFloat = 18 }
    public enum TextureWrapMode { Repeat, Clamp }
    public enum FilterMode { Point, Bilinear }

    public class Component : Object
    {
        public Transform transform { get { return null; } }
        public GameObject gameObject { get { return null; } }
        public T GetComponent<T>() { return default(T); }
    }

    public class Behaviour : Component { public bool enabled { get; set; } }
    public class MonoBehaviour : Behaviour { }
    public class Collider : Component { }

    public sealed class GameObject : Object
    {
        public GameObject(string name) { }
        public Transform transform { get { return null; } }
        public void SetActive(bool value) { }
        public T GetComponent<T>() { return default(T); }
        public T AddComponent<T>() where T : Component { return null; }
        public static GameObject CreatePrimitive(PrimitiveType type) { return null; }
    }

    public class Transform : Component
    {
        public Vector3 position { get; set; }
        public Quaternion rotation { get; set; }
        public Vector3 localPosition { get; set; }
        public Vector3 localScale { get; set; }
        public void SetParent(Transform parent, bool worldPositionStays) { }
    }

    public sealed class RectTransform : Transform
    {
        public enum Axis { Horizontal, Vertical }
        public Rect rect { get { return default(Rect); } }
        public void SetSizeWithCurrentAnchors(Axis axis, float size) { }
    }

    public struct Rect { public Vector2 size { get { return default(Vector2); } } }

    public struct Vector2
    {
        public float x, y;
        public Vector2(float x, float y) { this.x = x; this.y = y; }
        public static Vector2 zero { get { return default(Vector2); } }
        public static Vector2 operator *(Vector2 a, float d) { return a; }
    }

    public struct Vector3
    {
        public float x, y, z;
        public Vector3(float x, float y, float z) { this.x = x; this.y = y; this.z = z; }
        public static Vector3 operator +(Vector3 a, Vector3 b) { return a; }
    }

    public struct Quaternion { public static Quaternion Euler(float x, float y, float z) { return default(Quaternion); } }

    public static class Mathf
    {
        public const float Deg2Rad = 0.0174532924f;
        public static float Abs(float value) { return value; }
        public static float Tan(float value) { return value; }
        public static float Min(float a, float b) { return a; }
        public static float Clamp(float value, float min, float max) { return value; }
    }

    public class Texture : Object
    {
        public virtual int width { get; set; }
        public virtual int height { get; set; }
        public TextureWrapMode wrapMode { get; set; }
        public FilterMode filterMode { get; set; }
    }

    public sealed class Texture2D : Texture
    {
        public Texture2D(int width, int height, TextureFormat format, bool mipChain) { }
        public Texture2D(int width, int height, TextureFormat format, bool mipChain, bool linear) { }
        public void LoadRawTextureData(byte[] data) { }
        public void SetPixelData<T>(T[] data, int mipLevel, int sourceDataStartIndex = 0) { }
        public void Apply(bool updateMipmaps) { }
    }

    public static class ImageConversion
    {
        public static bool LoadImage(this Texture2D texture, byte[] data) { return true; }
        public static byte[] EncodeToPNG(this Texture2D texture) { return null; }
    }

    public sealed class Shader : Object { public static Shader Find(string name) { return null; } }

    public class Material : Object
    {
        public Material(Shader shader) { }
        public Texture mainTexture { get; set; }
        public bool HasProperty(string name) { return true; }
        public void SetTexture(string name, Texture value) { }
        public void SetFloat(string name, float value) { }
    }

    public sealed class MaterialPropertyBlock { public void SetTexture(string name, Texture value) { } }

    public class Renderer : Component
    {
        public Material sharedMaterial { get; set; }
        public void GetPropertyBlock(MaterialPropertyBlock block) { }
        public void SetPropertyBlock(MaterialPropertyBlock block) { }
    }

    public sealed class Camera : Behaviour
    {
        public float nearClipPlane { get; set; }
        public float farClipPlane { get; set; }
        public float fieldOfView { get; set; }
        public float aspect { get; set; }
        public float orthographicSize { get; set; }
        public bool orthographic { get; set; }
    }

    public static class Application { public static bool isPlaying { get { return false; } } }

    public static class Debug
    {
        public static void Log(object message, Object context) { }
        public static void LogWarning(object message, Object context) { }
        public static void LogError(object message) { }
    }

    public static class Input
    {
        public static bool GetKey(KeyCode key) { return false; }
        public static bool GetKeyDown(KeyCode key) { return false; }
        public static float GetAxisRaw(string axis) { return 0f; }
    }

    public class GUILayoutOption { }

    public static class GUILayout
    {
        public static void Label(string text, params GUILayoutOption[] options) { }
        public static bool Button(string text, params GUILayoutOption[] options) { return false; }
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class TooltipAttribute : Attribute { public TooltipAttribute(string text) { } }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class AddComponentMenu : Attribute { public AddComponentMenu(string name) { } }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class RequireComponent : Attribute { public RequireComponent(Type type) { } }
}

namespace UnityEngine.Events
{
    public abstract class UnityEventBase { }
    public class UnityEvent<T0> : UnityEventBase { public void Invoke(T0 a) { } }
    public class UnityEvent<T0, T1> : UnityEventBase { public void Invoke(T0 a, T1 b) { } }
    public class UnityEvent<T0, T1, T2> : UnityEventBase { public void Invoke(T0 a, T1 b, T2 c) { } }
}

namespace UnityEngine.UI
{
    public class RawImage : MonoBehaviour { public Texture texture { get; set; } }
}

namespace UnityEngine.InputSystem.Controls
{
    public class AxisControl { public float ReadValue() { return 0f; } }

    public class ButtonControl : AxisControl
    {
        public bool isPressed { get { return false; } }
        public bool wasPressedThisFrame { get { return false; } }
    }

    public class KeyControl : ButtonControl { }
    public class Vector2Control { public Vector2 ReadValue() { return default(Vector2); } }
    public class StickControl : Vector2Control { }
    public class DeltaControl : Vector2Control { }

    public class DpadControl : Vector2Control
    {
        public ButtonControl up { get { return null; } }
        public ButtonControl down { get { return null; } }
        public ButtonControl left { get { return null; } }
        public ButtonControl right { get { return null; } }
    }
}

namespace UnityEngine.InputSystem
{
    using UnityEngine.InputSystem.Controls;

    public class Keyboard
    {
        public static Keyboard current { get { return null; } }
        public KeyControl this[Key key] { get { return null; } }
    }

    public class Mouse
    {
        public static Mouse current { get { return null; } }
        public DeltaControl delta { get { return null; } }
    }

    public class Gamepad
    {
        public static Gamepad current { get { return null; } }
        public ButtonControl buttonSouth, buttonEast, buttonWest, buttonNorth, leftShoulder, rightShoulder, leftTrigger,
            rightTrigger, leftStickButton, rightStickButton, selectButton, startButton;
        public DpadControl dpad;
        public StickControl leftStick, rightStick;
    }
}

namespace UnityEditor
{
    using UnityEngine;

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class CustomEditor : Attribute { public CustomEditor(Type type) { } }

    public class Editor : Object
    {
        public Object target { get; set; }
        public virtual bool RequiresConstantRepaint() { return false; }
        public virtual void OnInspectorGUI() { }
        public bool DrawDefaultInspector() { return true; }
    }

    public enum MessageType { None, Info, Warning, Error }

    public static class EditorGUILayout
    {
        public static void HelpBox(string message, MessageType type) { }
        public static void LabelField(string label, string text, params GUILayoutOption[] options) { }
    }
}

namespace NUnit.Framework
{
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class TestAttribute : Attribute { }

    public delegate void TestDelegate();

    public static class Assert
    {
        public static void AreEqual(object expected, object actual) { }
        public static void IsTrue(bool condition) { }
        public static void IsFalse(bool condition) { }
        public static T Throws<T>(TestDelegate code) where T : Exception { return null; }
    }
}
