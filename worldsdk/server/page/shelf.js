// The quick save: one snapshot a world, kept by the browser, or by this page where the browser keeps nothing.

const memory = new Map();

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("worldsdk", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("saves");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function ask(mode, how) {
  const base = await open();
  try {
    const request = how(base.transaction("saves", mode).objectStore("saves"));
    return await new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } finally {
    base.close();
  }
}

/** @param {string} world digest @param {{snapshot: Uint8Array, tick: number}} save */
export async function put(world, save) {
  memory.set(world, save);
  try {
    await ask("readwrite", (store) => store.put(save, world));
  } catch {
    // A private window: this page's memory has to do.
  }
}

/** The save of that world, or undefined. */
export async function get(world) {
  try {
    return (await ask("readonly", (store) => store.get(world))) ?? memory.get(world);
  } catch {
    return memory.get(world);
  }
}
