// Trains one model in the page's own worker. `run` gives what the worker told, once it rests, and keeps the
// worker alive, so that its thread can be looked at.
(() => {
  let worker;
  const loaded = new Promise((done) => {
    const script = document.createElement("script");
    script.src = "static/page/head_trainer.worker.js";
    script.onload = done;
    document.head.append(script);
  });
  return {
    async run(settings, until) {
      await loaded;
      worker?.terminate();
      const text = mhaLessons.workers.head_trainer;
      worker = new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
      const started = performance.now();
      const accuracies = [];
      let first = 0; // ms until something was learned: the worker is parsed and the step compiled
      return new Promise((done, failed) => {
        worker.onerror = (event) => failed(new Error(event.message));
        worker.onmessage = ({ data }) => {
          if (data.kind === "failed") failed(new Error(data.error));
          if (data.losses?.length && !first) first = performance.now() - started;
          accuracies.push(...(data.accuracies ?? []));
          if (data.kind !== "resting") return;
          const { steps, accuracy, all_right, cpu_ms } = data;
          done({ accuracies, steps, accuracy, all_right, cpu_ms, first, wall_ms: performance.now() - started });
        };
        worker.postMessage({ begin: settings });
        worker.postMessage({ until });
      });
    },
  };
})()
