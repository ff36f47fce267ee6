using UnityEngine;
using WorldSDK.Unity;

/// <summary>Put this on an empty object in an empty scene and press play: a screen that dreams, and its figures.</summary>
public sealed class FirstScene : MonoBehaviour
{
    public string url = "ws://localhost:8765";

    private WorldClient client;

    private void Start()
    {
        // Switched off while it is set up: it connects as soon as it is switched on.
        var holder = new GameObject("World");
        holder.SetActive(false);
        client = holder.AddComponent<WorldClient>();
        client.url = url;
        holder.SetActive(true);
        var screen = GameObject.CreatePrimitive(PrimitiveType.Quad);
        screen.transform.position = new Vector3(0f, 1f, 0f);
        screen.transform.localScale = new Vector3(3.2f, 2.4f, 1f);
        screen.AddComponent<WorldMaterialTexture>().client = client;
    }

    private void OnGUI()
    {
        var welcome = client.Welcome;
        if (welcome == null)
        {
            GUILayout.Label("Connecting to " + url);
            return;
        }
        var quality = client.Connection.Quality;
        GUILayout.Label(welcome.Title + ": " + quality.Rate.ToString("0") + " frames a second, hand to eye " +
            quality.ActionToPhotonMs.ToString("0") + " ms");
        if (GUILayout.Button("Again")) client.ResetWorld();
    }
}
