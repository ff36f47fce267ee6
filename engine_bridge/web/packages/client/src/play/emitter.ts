/** Listeners by name, typed. A listener that throws does not keep the others from being called. */
export class Emitter<Events extends { [name: string]: unknown[] }> {
  private readonly listeners: { [Name in keyof Events]?: Set<(...args: Events[Name]) => void> } = {};

  /** Calls `listener` at each `name` until the returned function is called. */
  on<Name extends keyof Events>(name: Name, listener: (...args: Events[Name]) => void): () => void {
    (this.listeners[name] ??= new Set()).add(listener);
    return () => this.off(name, listener);
  }

  /** Calls `listener` at the next `name` only. */
  once<Name extends keyof Events>(name: Name, listener: (...args: Events[Name]) => void): () => void {
    const off = this.on(name, (...args) => {
      off();
      listener(...args);
    });
    return off;
  }

  off<Name extends keyof Events>(name: Name, listener: (...args: Events[Name]) => void): void {
    this.listeners[name]?.delete(listener);
  }

  protected emit<Name extends keyof Events>(name: Name, ...args: Events[Name]): void {
    for (const listener of [...(this.listeners[name] ?? [])]) {
      try {
        listener(...args);
      } catch (error) {
        // Into the console, and to the page's own error handlers.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
