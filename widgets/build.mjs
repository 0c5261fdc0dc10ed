// Builds every widget twice from one source: an ES module for anywidget, which takes a single file,
// and a classic script for pages, since file:// blocks modules. The page scripts share host.js.
// `node build.mjs NAME...` builds only these widgets.
import { build } from "esbuild";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(here, "../mha_lessons/static");
const experiments = resolve(here, "../mha_lessons/data/experiments");
const notWidgets = ["core", "draw", "frame", "host"];
const all = readdirSync(here)
  .filter((name) => existsSync(join(here, name, "index.ts")))
  .filter((name) => !notWidgets.includes(name));
const only = process.argv.slice(2);
const widgets = only.length ? all.filter((name) => only.includes(name)) : all;

const common = { bundle: true, minify: true, target: "es2022", logLevel: "warning", legalComments: "none" };

/** In a page the shared folders come from host.js, once for all widgets. */
const fromHost = {
  name: "from-host",
  setup(builder) {
    builder.onResolve({ filter: /^\.\.\/(core|draw|frame)\/index$/ }, ({ path }) => ({
      path: path.split("/")[1],
      namespace: "from-host",
    }));
    builder.onLoad({ filter: /.*/, namespace: "from-host" }, ({ path }) => ({
      contents: `module.exports = globalThis.mhaLessons.${path}`,
    }));
  },
};

/** So does the style that all share: a widget's own stylesheet for pages leaves it to host.css. */
const styleFromHost = {
  name: "style-from-host",
  setup(builder) {
    builder.onResolve({ filter: /\/draw\/style\.css$/ }, () => ({ path: "draw", namespace: "from-host" }));
    builder.onLoad({ filter: /.*/, namespace: "from-host" }, () => ({ contents: "", loader: "css" }));
  },
};

const host = () =>
  Promise.all([
    build({
      ...common,
      entryPoints: [join(here, "host/index.ts")],
      outfile: join(out, "page/host.js"),
      format: "iife",
    }),
    build({
      ...common,
      entryPoints: [join(here, "draw/style.css")],
      outfile: join(out, "page/host.css"),
    }),
  ]);

/** The loss curves of our own runs that came with the package, one a head count: for pages that cannot train. */
const committed = {
  name: "committed-curves",
  setup(builder) {
    builder.onResolve({ filter: /^committed:curves$/ }, () => ({ path: "curves", namespace: "committed" }));
    builder.onLoad({ filter: /.*/, namespace: "committed" }, () => {
      const curves = {};
      for (const name of ["juggling", "binding", "near_far"]) {
        const file = join(experiments, `${name}.json`);
        if (!existsSync(file)) continue;
        const { settings, runs } = JSON.parse(readFileSync(file, "utf-8"));
        const first = runs.filter(({ seed }) => seed === 0);
        const brief = first.map(({ num_heads, accuracy, losses }) => [num_heads, { accuracy, losses }]);
        curves[name] = { steps: settings.steps, batch: settings.batch, runs: Object.fromEntries(brief) };
      }
      return { contents: JSON.stringify(curves), loader: "json" };
    });
  },
};

/** The text of a worker, which a page fetches on demand: a script from file:// cannot be a worker's, but a blob can. */
async function worker(name) {
  const entry = join(here, name, "worker/index.ts");
  if (!existsSync(entry)) return;
  const { outputFiles } = await build({ ...common, entryPoints: [entry], format: "iife", write: false });
  const text = JSON.stringify(outputFiles[0].text);
  writeFileSync(join(out, `page/${name}.worker.js`), `globalThis.mhaLessons.workers.${name} = ${text};\n`);
}

const widget = (name) =>
  Promise.all([
    worker(name),
    build({
      ...common,
      entryPoints: [join(here, name, "index.ts")],
      outfile: join(out, `${name}.js`),
      format: "esm",
      plugins: [committed],
    }),
    build({
      ...common,
      stdin: {
        contents: `import widget from "./${name}/index"; globalThis.mhaLessons.register("${name}", widget);`,
        resolveDir: here,
      },
      outfile: join(out, `page/${name}.js`),
      format: "iife",
      plugins: [fromHost, committed],
    }),
    build({ ...common, entryPoints: [join(here, name, "style.css")], outfile: join(out, `${name}.css`) }),
    build({
      ...common,
      entryPoints: [join(here, name, "style.css")],
      outfile: join(out, `page/${name}.css`),
      plugins: [styleFromHost],
    }),
  ]);

/** The libraries that BertViz's views need, for mha_lessons/bertviz_bridge.py; licence notes stay. */
const bertviz = () =>
  Promise.all(
    Object.entries({
      require: "requirejs/require.js",
      jquery: "jquery/dist/jquery.js",
      d3: "d3/dist/d3.min.js",
    }).map(([name, file]) =>
      build({
        ...common,
        bundle: false,
        legalComments: "inline",
        entryPoints: [join(here, "node_modules", file)],
        outfile: join(out, `bertviz/${name}.js`),
      }),
    ),
  );

/** What a widget that is gone has left behind. */
function removeStale() {
  for (const folder of [out, join(out, "page")]) {
    for (const file of readdirSync(folder)) {
      const name = file.match(/^(\w+)(\.worker)?\.(js|css)$/)?.[1];
      if (name && name !== "host" && !all.includes(name)) rmSync(join(folder, file));
    }
  }
}

mkdirSync(join(out, "page"), { recursive: true });
const results = await Promise.allSettled([host(), bertviz(), ...widgets.map(widget)]);
if (results.some(({ status }) => status === "rejected")) process.exit(1); // esbuild has said what and where
removeStale();
cpSync(join(here, "node_modules/katex/dist/katex.min.css"), join(out, "katex/katex.min.css"));
cpSync(join(here, "node_modules/katex/dist/fonts"), join(out, "katex/fonts"), {
  recursive: true,
  filter: (path) => !/\.(ttf|woff)$/.test(path), // every browser of today takes woff2
});
// The notices of what is bundled go along; those of RequireJS and bertviz stand in their files and packages.
for (const name of ["@jax-js/jax", "d3", "jquery", "katex", "minisearch"]) {
  const file = ["LICENSE", "LICENSE.txt"]
    .map((each) => join(here, "node_modules", name, each))
    .find(existsSync);
  cpSync(file, join(out, `licences/${name.split("/").pop()}.txt`));
}
// Prepared sentences, a script each, which real_heads loads when one is chosen.
rmSync(join(out, "sentences"), { recursive: true, force: true });
for (const model of ["minilm", "smollm2"]) {
  cpSync(resolve(here, "../mha_lessons/data/sentences", model), join(out, "sentences", model), {
    recursive: true,
  });
}
// Trained readers, a script each, which head_pruner loads when one is chosen.
rmSync(join(out, "readers"), { recursive: true, force: true });
mkdirSync(join(out, "readers"));
for (const file of readdirSync(experiments).filter((name) => name.endsWith(".safetensors"))) {
  const name = file.replace(".safetensors", "");
  const text = readFileSync(join(experiments, file), "base64");
  writeFileSync(join(out, `readers/${name}.js`), `(globalThis.mhaReaders ??= {}).${name} = "${text}";\n`);
}
if (!only.length) writeFileSync(join(out, ".done"), "");
console.log(`built ${widgets.length} widgets: ${widgets.join(", ")}`);
