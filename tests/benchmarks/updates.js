// In the page: one update of a HeadExplorer as a reader makes it, and the bare work beside it. An expression, evaluated
// by updates.py: its value is what Python calls.
(() => {
  const REST = 600; // ms
  const { core } = globalThis.mhaLessons;
  const place = document.querySelector("[data-widget]");
  const images = new WeakMap();
  const painted = new Map(); // canvases that the last update painted, by head count
  let count = 0; // no two updates are the same, so that neither side finds the other's vectors and weights made

  const { putImageData } = CanvasRenderingContext2D.prototype;
  const watchPainting = (canvases) => {
    CanvasRenderingContext2D.prototype.putImageData = function (...values) {
      canvases?.add(this.canvas);
      return putImageData.apply(this, values);
    };
  };

  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

  /** What the next drag, edit or seed makes of the parameters. */
  const next = (params, kind) => {
    count++;
    if (kind === "seed") return { ...params, seed: count };
    if (kind === "sentence") return { ...params, text: params.text.replace(/^\S+/, `word${count}`) };
    return params;
  };

  const set = (name, value) => {
    const control = place.querySelector(`[name=${name}]`);
    control.value = value;
    control.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const image = (canvas) => {
    let made = images.get(canvas);
    if (made?.width !== canvas.width || made.height !== canvas.height) {
      made = new ImageData(canvas.width, canvas.height);
      new Uint32Array(made.data.buffer).fill(0xff808080);
      images.set(canvas, made);
    }
    return made;
  };

  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  /** The widget, which the page's host keeps to itself: its script is run again, and hands it to us. */
  const definition = () =>
    new Promise((done) => {
      const { mhaLessons } = globalThis;
      const { register } = mhaLessons;
      mhaLessons.register = (_, widget) => {
        mhaLessons.register = register;
        done(widget);
      };
      const script = document.createElement("script");
      script.src = "static/page/head_explorer.js";
      script.onload = () => script.remove();
      document.head.append(script);
    });

  /** As much of a model as a page's widget needs. */
  const modelOf = (traits) => {
    const values = { ...traits, engine: "page" };
    return { get: (name) => values[name], set() {}, save_changes() {}, on() {}, off() {} };
  };

  return {
    /** A reader's hand on one control, until it is drawn. */
    async update(params, kind) {
      const asked = next(params, kind);
      const canvases = new Set();
      painted.set(params.num_heads, canvases);
      watchPainting(canvases);
      if (kind === "heads") set("num_heads", asked.num_heads);
      if (kind === "seed") set("seed", asked.seed);
      if (kind === "sentence") set("text", asked.text);
      for (let frames = 0; frames < 20 && (frames === 0 || !canvases.size); frames++) await frame();
      watchPainting(null); // what is painted from here on was put off
      if (canvases.size === 0 && kind !== "heads") throw new Error("the update was not drawn in its frame");
    },
    /** The same arithmetic, and pixels put on the canvases that `update` paints, ready-made. After an `update` only. */
    bare(params, kind) {
      const asked = next(params, kind);
      requestAnimationFrame(() => {
        if ("error" in core.compute(asked)) throw new Error("these parameters do not fit together");
        for (const canvas of painted.get(params.num_heads) ?? []) {
          putImageData.call(canvas.getContext("2d"), image(canvas), 0, 0);
        }
      });
      return frame();
    },
    /** The hand rests, and what is out of view is drawn. */
    rest: () => pause(250),
    /** A frame in which nothing changes. */
    idle: frame,

    /** Milliseconds from each key press to the frame that shows its letter. */
    keys: [],
    watchKeys() {
      const heard = (list) => {
        for (const { name, duration } of list.getEntries()) if (name === "keydown") this.keys.push(duration);
      };
      new PerformanceObserver(heard).observe({ type: "event", durationThreshold: 16 });
    },

    /** So many drags, edits and seeds, and then the state of the start. */
    async interact(times) {
      const start = place.querySelector("[name=text]").value;
      for (let i = 0; i < times; i++) {
        if (i % 3 === 0) set("num_heads", [1, 2, 4, 8][(i / 3) % 4]);
        if (i % 3 === 1) set("seed", i);
        if (i % 3 === 2) set("text", start.replace(/^\S+/, `word${i}`));
        await frame();
      }
      set("num_heads", 8); // what is out of view is drawn for the most heads, too
      await pause(REST);
      set("num_heads", 4);
      set("seed", 0);
      set("text", start);
      await pause(REST);
    },
    /** So many widgets beside the first, each mounted, drawn and unmounted. */
    async mount(times) {
      const widget = await definition();
      const traits = JSON.parse(place.dataset.traits);
      for (let i = 0; i < times; i++) {
        const el = document.createElement("div");
        document.body.append(el);
        const unmount = widget.render({ model: modelOf(traits), el });
        await frame();
        unmount();
        el.remove();
        await frame();
      }
      await pause(REST);
    },
  };
})();
