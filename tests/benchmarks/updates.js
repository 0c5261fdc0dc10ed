// In the page: one update of a HeadExplorer as a reader makes it, and the bare work beside it. An expression, evaluated
// by updates.py: its value is what Python calls.
(() => {
  const { core } = globalThis.mhaLessons;
  const place = document.querySelector("[data-widget]");
  const images = new WeakMap();
  let count = 0; // no two updates are the same, so that neither side finds the other's vectors and weights made

  const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

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

  return {
    /** A reader's hand on one control, until it is drawn. */
    update(params, kind) {
      const asked = next(params, kind);
      if (kind === "heads") set("num_heads", asked.num_heads);
      if (kind === "seed") set("seed", asked.seed);
      if (kind === "sentence") set("text", asked.text);
      return drawn();
    },
    /** The same arithmetic, and pixels of the same canvases put without a look at them. */
    bare(params, kind) {
      const asked = next(params, kind);
      requestAnimationFrame(() => {
        if ("error" in core.compute(asked)) throw new Error("these parameters do not fit together");
        for (const canvas of place.querySelectorAll(".mha-cells")) {
          if (canvas.offsetParent) canvas.getContext("2d").putImageData(image(canvas), 0, 0);
        }
      });
      return drawn();
    },
    /** A frame in which nothing changes. */
    idle: drawn,
  };
})()
