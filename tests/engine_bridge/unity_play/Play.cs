// A client driven by lines on stdin, telling its events as JSON lines: how the tests play the core on Mono.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using WorldSDK;

internal static class Play
{
    private static readonly object Printing = new object();
    private static readonly Dictionary<string, byte[]> Kept = new Dictionary<string, byte[]>();
    private static WorldConnection connection;
    private static volatile bool over;

    private static void Main()
    {
        connection = new WorldConnection(() => new ClientWebSocketTransport(), "mono");
        var game = new Thread(Frames) { IsBackground = true };
        game.Start();
        for (var line = Console.ReadLine(); line != null && line != "quit"; line = Console.ReadLine())
        {
            try
            {
                Do(line.Split(' '));
            }
            catch (WorldException refusal)
            {
                Print("refused", refusal.Code, refusal.Message, 0, false, 0, 0, "{}");
            }
        }
        over = true;
        game.Join();
        connection.Dispose();
        Thread.Sleep(300);
    }

    /// <summary>A game's main loop: 100 frames a second.</summary>
    private static void Frames()
    {
        for (; !over; Thread.Sleep(10))
        {
            connection.Update();
            for (var news = connection.NextEvent(); news != null; news = connection.NextEvent()) Tell(news);
            var shown = connection.Present();
            if (shown != null) Print("shown", "", "", 0, false, 0, shown.Tick, "{}");
        }
    }

    private static void Do(string[] words)
    {
        long id = 0;
        switch (words[0])
        {
            case "connect":
                var options = new WorldOptions();
                for (var at = 2; at < words.Length; at++)
                {
                    var pair = words[at].Split('=');
                    if (pair[0] == "role") options.role = pair[1];
                    else if (pair[0] == "mode") options.mode = pair[1];
                    else if (pair[0] == "room") options.room = pair[1];
                    else if (pair[0] == "resume") options.resume = pair[1];
                    else if (pair[0] == "layers") options.layers.Add(pair[1]);
                    else if (pair[0] == "max_message") options.maxMessage = int.Parse(pair[1]);
                    else if (pair[0] == "reconnect_seconds")
                        options.reconnectSeconds = float.Parse(pair[1], CultureInfo.InvariantCulture);
                    else throw new ArgumentException(words[at]);
                }
                connection.Connect(words[1], options);
                break;
            case "key": connection.With(talk => { talk.Devices.Key(words[1], words[2] == "1"); return 0; }); break;
            case "tap":
                connection.With(talk =>
                {
                    talk.Devices.Key(words[1], true);
                    talk.Devices.Key(words[1], false);
                    talk.SetControl(words[2], 1.0);
                    talk.SetControl(words[2], 0.0);
                    talk.Devices.Mouse(3.0, -1.0);
                    return 0;
                });
                break;
            case "control": connection.With(talk => talk.SetControl(words[1], double.Parse(words[2]))); break;
            case "step": connection.With(talk => talk.Step(int.Parse(words[1]), WorldConnection.Now)); break;
            case "start": id = connection.Start(long.Parse(words[1])); break;
            case "pause": id = connection.Pause(); break;
            case "resume": id = connection.Resume(); break;
            case "reset": id = connection.Reset(); break;
            case "speed": id = connection.SetSpeed(double.Parse(words[1], CultureInfo.InvariantCulture)); break;
            case "snapshot": id = connection.Snapshot(); break;
            case "restore": id = connection.Restore(Kept["snapshot"]); break;
            case "restore_nonsense": id = connection.Restore(new byte[] { 1, 2, 3 }); break;
            case "fork": id = connection.Fork(); break;
            case "rewind": id = connection.Rewind(long.Parse(words[1])); break;
            case "prompt": id = connection.SetPrompt(words[1]); break;
            case "disconnect": connection.Disconnect(); break;
            default: throw new ArgumentException(words[0]);
        }
        Print("asked", words[0], "", 0, false, id, 0, "{}");
    }

    private static void Tell(WorldEvent news)
    {
        var data = new StringBuilder("{");
        if (news.Kind == WorldEventKind.Connected)
        {
            var welcome = news.Welcome;
            Add(data, "world", welcome.World);
            Add(data, "session", welcome.Session);
            Add(data, "room", welcome.Room);
            Add(data, "control", welcome.Controls[0].Name);
            Add(data, "size", welcome.Width + "x" + welcome.Height);
            foreach (var control in welcome.Controls)
                foreach (var key in control.Keys.Keys) Add(data, "key", key);
        }
        else if (news.Kind == WorldEventKind.Frame)
        {
            using (var hash = SHA256.Create()) Add(data, "pixels", Convert.ToBase64String(hash.ComputeHash(news.Frame.Pixels)));
            Add(data, "first", string.Join(",", Array.ConvertAll(Slice(news.Frame.Pixels), one => one.ToString())));
            Add(data, "seq", news.Frame.Seq.ToString());
        }
        else if (news.Kind == WorldEventKind.Quality)
        {
            Add(data, "photon", news.Quality.ActionToPhotonMs.ToString(CultureInfo.InvariantCulture));
            Add(data, "frames", news.Quality.Frames.ToString());
            Add(data, "reconnects", news.Quality.Reconnects.ToString());
        }
        else if (news.Data != null)
        {
            foreach (var entry in news.Data)
            {
                if (entry.Value is byte[])
                {
                    Kept[entry.Key] = (byte[])entry.Value;
                    Add(data, entry.Key, Kept[entry.Key].Length.ToString());
                }
                else Add(data, entry.Key, Convert.ToString(entry.Value, CultureInfo.InvariantCulture));
            }
        }
        Print(news.Kind.ToString().ToLowerInvariant(), news.Name, news.Text, news.Code, news.WillRetry, news.Id, news.Tick,
            data.Append('}').ToString());
    }

    private static byte[] Slice(byte[] pixels)
    {
        var first = new byte[4];
        Array.Copy(pixels, first, 4);
        return first;
    }

    private static void Add(StringBuilder to, string key, string value)
    {
        if (to.Length > 1) to.Append(", ");
        to.Append(Quote(key)).Append(": ").Append(Quote(value));
    }

    private static string Quote(string text)
    {
        var made = new StringBuilder("\"");
        foreach (var letter in text)
        {
            if (letter == '"' || letter == '\\') made.Append('\\');
            if (letter < ' ') made.Append("\\u").Append(((int)letter).ToString("x4"));
            else made.Append(letter);
        }
        return made.Append('"').ToString();
    }

    private static void Print(string kind, string name, string text, int code, bool willRetry, long id, long tick, string data)
    {
        lock (Printing)
        {
            Console.WriteLine("{\"kind\": " + Quote(kind) + ", \"name\": " + Quote(name) + ", \"text\": " + Quote(text) +
                ", \"code\": " + code + ", \"will_retry\": " + (willRetry ? "true" : "false") + ", \"id\": " + id +
                ", \"tick\": " + tick + ", \"data\": " + data + "}");
            Console.Out.Flush();
        }
    }
}
