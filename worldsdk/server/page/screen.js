// From a frame message to pixels on the canvas, newest wins, and how large the canvas is.

const HIDDEN_MS = 250; // a page that is not shown gets no animation frames: draw all the same now and then

export class Screen {
  /** @param onShown called with (frame message, milliseconds) once it is drawn */
  constructor(canvas, onShown) {
    this.canvas = canvas;
    this.scaling = "whole";
    this._context = canvas.getContext("2d", { alpha: false, desynchronized: true });
    this._onShown = onShown;
    this._waiting = null;
    this._drawn = 0;
    this._epoch = 0;
    new ResizeObserver(() => this.fit()).observe(canvas.parentElement);
  }

  /** For a new connection: frame numbers begin again. */
  begin(width, height) {
    this._epoch += 1;
    this._waiting = null;
    this._drawn = 0;
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    this.fit();
  }

  /** As large as there is room: by whole device pixels, or exactly. */
  fit() {
    const { width, height, parentElement } = this.canvas;
    const ratio = window.devicePixelRatio || 1;
    const room = Math.min((parentElement.clientWidth * ratio) / width, (parentElement.clientHeight * ratio) / height);
    const factor = this.scaling === "whole" && room >= 1 ? Math.floor(room) : room;
    this.canvas.style.width = `${(width * factor) / ratio}px`;
    this.canvas.style.height = `${(height * factor) / ratio}px`;
  }

  /** Decodes and draws; a frame that a newer one has overtaken is left out. */
  async offer(frame) {
    const epoch = this._epoch;
    let picture;
    try {
      picture = await this._decode(frame);
    } catch {
      return; // a picture that cannot be read: the next one will be there in a moment
    }
    if (epoch !== this._epoch || frame.seq <= Math.max(this._drawn, this._waiting?.frame.seq ?? 0)) {
      picture.close?.();
      return;
    }
    this._waiting?.picture.close?.();
    const first = this._waiting === null;
    this._waiting = { frame, picture };
    if (first) this._schedule();
  }

  /** The picture as it is, for saving: a data URL. */
  still() {
    return this.canvas.toDataURL("image/png");
  }

  _decode(frame) {
    const { width, height } = this.canvas;
    const { codec, data } = frame;
    if (codec === "raw_rgba") {
      return new ImageData(new Uint8ClampedArray(data), width, height);
    }
    if (codec === "raw_rgb") {
      const image = new ImageData(width, height);
      for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
        image.data[to] = data[from];
        image.data[to + 1] = data[from + 1];
        image.data[to + 2] = data[from + 2];
        image.data[to + 3] = 255;
      }
      return image;
    }
    return createImageBitmap(new Blob([data], { type: `image/${codec}` }));
  }

  _schedule() {
    let done = false;
    const draw = () => {
      if (done) return;
      done = true;
      this._draw();
    };
    requestAnimationFrame(draw);
    setTimeout(draw, HIDDEN_MS);
  }

  _draw() {
    const waiting = this._waiting;
    this._waiting = null;
    if (waiting === null) return;
    const { frame, picture } = waiting;
    if (picture instanceof ImageData) this._context.putImageData(picture, 0, 0);
    else this._context.drawImage(picture, 0, 0, this.canvas.width, this.canvas.height);
    picture.close?.();
    this._drawn = frame.seq;
    this._onShown(frame, performance.now());
  }
}
