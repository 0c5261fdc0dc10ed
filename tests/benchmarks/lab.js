// In JupyterLab: milliseconds from a key press to the frame that shows what it changed. An expression, evaluated by
// lab.py: its value is what Python calls.
(() => {
  const PATIENCE = 10_000; // ms
  const frame = () => new Promise((done) => requestAnimationFrame(done));

  /** Once new cells are put on a canvas of the heads; all of them are drawn in one task. */
  const canvases = (area) =>
    new Promise((done) => {
      const { putImageData } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.putImageData = function (...values) {
        putImageData.apply(this, values);
        if (!area.contains(this.canvas)) return;
        CanvasRenderingContext2D.prototype.putImageData = putImageData;
        done();
      };
    });

  /** Once an image with another source is there and decoded. */
  const images = (area) =>
    new Promise((done) => {
      const sources = () => new Set([...area.querySelectorAll("img")].map((image) => image.src));
      const before = sources();
      const observer = new MutationObserver(async () => {
        const image = [...area.querySelectorAll("img")].find(({ src }) => src && !before.has(src));
        if (!image) return;
        observer.disconnect();
        await image.decode();
        done();
      });
      observer.observe(area, { subtree: true, childList: true, attributeFilter: ["src"] });
    });

  return {
    /** Watch an area for the picture that the next key press brings: `painted` is then its time. */
    watch(area, kind) {
      const pressed = new Promise((done) =>
        addEventListener("keydown", (event) => done(event.timeStamp), { capture: true, once: true }),
      );
      const drawn = kind === "canvases" ? canvases(area) : images(area);
      const late = new Promise((_, failed) =>
        setTimeout(() => failed(new Error(`no new picture after ${PATIENCE} ms`)), PATIENCE),
      );
      const painted = (async () => {
        const start = await pressed;
        await drawn;
        await frame();
        await frame(); // the first one has been shown by now
        return performance.now() - start;
      })();
      this.painted = Promise.race([painted, late]);
    },
    painted: Promise.resolve(0),
  };
})();
