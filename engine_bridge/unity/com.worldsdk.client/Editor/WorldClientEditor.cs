using UnityEditor;
using UnityEngine;
using WorldSDK.Unity;

namespace WorldSDK.EditorTools
{
    /// <summary>What the connection is like, below the component's own fields, while the game plays.</summary>
    [CustomEditor(typeof(WorldClient))]
    public sealed class WorldClientEditor : Editor
    {
        public override bool RequiresConstantRepaint()
        {
            return Application.isPlaying;
        }

        public override void OnInspectorGUI()
        {
            DrawDefaultInspector();
            if (!Application.isPlaying) return;
            var client = (WorldClient)target;
            var welcome = client.Welcome;
            if (welcome == null || !client.IsConnected)
            {
                EditorGUILayout.HelpBox("Not connected to " + client.url, MessageType.Info);
                return;
            }
            var quality = client.Connection.Quality;
            EditorGUILayout.LabelField("World", welcome.Title + " (" + welcome.Width + " x " + welcome.Height + ")");
            EditorGUILayout.LabelField("Room", welcome.Room);
            EditorGUILayout.LabelField("Rate", quality.Rate.ToString("0") + " of " + welcome.Rate.ToString("0") + " a second");
            EditorGUILayout.LabelField("Hand to eye", quality.ActionToPhotonMs.ToString("0") + " ms");
            EditorGUILayout.LabelField("Replaced, late, missed",
                quality.Replaced + ", " + quality.Late + ", " + quality.Missed);
            foreach (var control in welcome.Controls) EditorGUILayout.LabelField(control.Name, control.Help);
        }
    }
}
