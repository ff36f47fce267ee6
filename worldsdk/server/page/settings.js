// The settings dialog: where the world begins, how its picture looks, who else is there.

const MOST_SEED = Number.MAX_SAFE_INTEGER;

export function wire({ player, link, screen, say }) {
  const $ = (id) => document.getElementById(id);
  const dialog = $("settings");

  const begin = async (args) => {
    dialog.close();
    if (await player.begin(args)) {
      $("seed").value = args.seed ?? $("seed").value;
      player.play();
    }
  };
  const whole = (id, most) => Math.min(most, Math.max(0, Math.round(Number($(id).value)) || 0));
  const starts = () => Math.max(1, link.welcome?.starts ?? 1);

  $("open-settings").onclick = () => {
    player.pause();
    dialog.showModal();
  };
  $("begin-now").onclick = () => begin({ seed: whole("seed", MOST_SEED), start: whole("start", starts() - 1) });
  $("surprise").onclick = () => {
    $("seed").value = Math.floor(Math.random() * 1e9);
    $("start").value = Math.floor(Math.random() * starts());
    $("begin-now").click();
  };
  $("picture").onchange = async () => {
    const [file] = $("picture").files;
    $("picture").value = "";
    if (!file) return;
    const most = link.welcome?.limits.image_bytes ?? 0;
    if (most && file.size > most) return say(`A picture may have ${Math.round(most / 1000)} kB`, true);
    begin({ seed: whole("seed", MOST_SEED), image: new Uint8Array(await file.arrayBuffer()) });
  };
  $("scaling").onchange = () => {
    screen.scaling = document.body.dataset.scaling = $("scaling").value;
    screen.fit();
    localStorageSet("scaling", $("scaling").value);
  };
  $("codec").onchange = () => player.ask("quality", { codec: $("codec").value });
  $("speed").oninput = () => {
    $("speed-said").textContent = `${speed()}×`;
  };
  $("speed").onchange = () => player.ask("speed", { factor: speed() });
  const speed = () => Number((2 ** Number($("speed").value)).toFixed(2));

  const copy = async (watch) => {
    const url = new URL(location.href);
    url.search = "";
    url.hash = "";
    url.searchParams.set("room", link.welcome.room);
    if (watch) url.searchParams.set("watch", "");
    try {
      await navigator.clipboard.writeText(url.href);
      say("Copied");
    } catch {
      say(url.href);
    }
  };
  $("copy-watch").onclick = () => copy(true);
  $("copy-play").onclick = () => copy(false);

  link.addEventListener("welcome", ({ detail }) => {
    $("start").max = detail.starts - 1;
    $("begin").disabled = !link.can("start");
    $("picture-label").hidden = !link.can("image_start");
    $("speed-label").hidden = !link.can("speed");
    $("codec").value = detail.codec;
    $("about").textContent = `${detail.world.title} · ${detail.world.license} · ${detail.size.join(" × ")} at ${detail.rate} /s · room ${detail.room} · ${detail.server.name} ${detail.server.version}`;
  });
  link.addEventListener("event", ({ detail }) => {
    if (detail.name === "viewers") {
      const count = Number(detail.data.count ?? 0);
      $("viewers").textContent = count ? `${count} watching.` : "Nobody else is watching.";
    }
  });
  const kept = localStorageGet("scaling");
  if (kept) {
    $("scaling").value = kept;
    $("scaling").onchange();
  }
}

export function localStorageGet(name) {
  try {
    return localStorage.getItem(`worldsdk.${name}`);
  } catch {
    return null;
  }
}

export function localStorageSet(name, value) {
  try {
    localStorage.setItem(`worldsdk.${name}`, value);
  } catch {
    // A private window keeps nothing; the setting holds until the page is closed.
  }
}
