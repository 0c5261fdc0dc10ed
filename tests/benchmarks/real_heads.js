// In a page of any contender: one change and the frames that draw it; and, for RealHeads, a widget of any length with
// bytes as the kernel sends them. An expression, evaluated by real_heads.py: its value is what Python calls.
(() => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const send = (target, type) => target.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true }));

  const set = (name, value) => {
    const control = document.querySelector(`[data-widget] [name=${name}]`);
    control.value = value;
    control.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const changes = {
    RealHeads: {
      head: (i) => set("head", i % 12),
      layer: (i) => set("layer", i % 12),
    },
    "BertViz head view": {
      head: (i) => send(document.querySelectorAll("#vis svg > g:last-child > rect")[i % 12], "click"),
      layer: (i) => {
        const layer = document.querySelector("#layer");
        layer.value = String(i % 12);
        layer.dispatchEvent(new Event("change", { bubbles: true }));
      },
    },
    "BertViz model view": {
      head: (i) => send(document.querySelectorAll("#vis rect[style*='opacity: 0']")[i % 12], "click"),
    },
    CircuitsVis: {
      head: (i) => send(document.querySelectorAll("[id^=circuits-vis] h4")[i % 12], "click"),
    },
  };

  /** As much of anywidget's model as a widget with a kernel needs. */
  const modelOf = (values) => ({
    get: (name) => values[name],
    set(name, value) {
      values[name] = value;
      for (const heard of this.heard[`change:${name}`] ?? []) heard();
    },
    heard: {},
    save_changes() {},
    on(event, heard) {
      (this.heard[event] ??= []).push(heard);
    },
    off() {},
  });

  const definition = () =>
    new Promise((done) => {
      const { mhaLessons } = globalThis;
      const { register } = mhaLessons;
      mhaLessons.register = (_, widget) => {
        mhaLessons.register = register;
        done(widget);
      };
      const script = document.createElement("script");
      script.src = "static/page/real_heads.js";
      document.head.append(script);
    });

  return {
    /** A change, and all that it leads to within half a second. Gives ms of the clock until its frame is drawn. */
    async change(contender, kind, i) {
      const started = performance.now();
      changes[contender][kind](i);
      await frame();
      const drawn = performance.now() - started;
      await pause(500);
      return drawn;
    },
    /** As long as `change` waits, and nothing happens. */
    async idle() {
      await frame();
      await pause(500);
    },
    can: (contender, kind) => kind in changes[contender],
    nodes: () => document.querySelectorAll("*").length,

    /** Mount 12 x 12 heads of random codes on `seq` tokens. Gives ms until they are drawn. */
    async mount(seq) {
      const widget = await definition();
      const codes = new Uint8Array(144 * seq * seq);
      let state = 1;
      for (let i = 0; i < codes.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        codes[i] = (state >>> 24) & (state >>> 16); // more small ones than large ones
      }
      const place = document.querySelector("[data-widget]");
      const traits = JSON.parse(place.dataset.traits);
      const tokens = Array.from({ length: seq }, (_, i) => `token${i}`);
      const loss = { max_abs: 0, mean_abs: 0, max_tv: 0, mean_tv: 0 };
      const layers = Array.from({ length: 12 }, (_, i) => i);
      const packed = { tokens, special: [0], words: null, layers, num_heads: 12, causal: false, codes, loss };
      const answer = { request: 0, fields: [], data: new DataView(new ArrayBuffer(0)), token: 0, model: null };
      const el = document.createElement("div");
      place.replaceWith(el);
      const started = performance.now();
      widget.render({
        model: modelOf({ ...traits, engine: "kernel", _request: 0, _answer: { ...answer, ...packed } }),
        el,
      });
      await frame();
      return performance.now() - started;
    },
  };
})();
