// Builds every widget twice from one source: an ES module for anywidget, which takes a single file,
// and a classic script for pages, since file:// blocks modules. The page scripts share host.js.
// `node build.mjs NAME...` builds only these widgets.
import { build } from "esbuild";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(here, "../mha_lessons/static");
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

const host = () =>
  build({
    ...common,
    entryPoints: [join(here, "host/index.ts")],
    outfile: join(out, "page/host.js"),
    format: "iife",
  });

const widget = (name) =>
  Promise.all([
    build({
      ...common,
      entryPoints: [join(here, name, "index.ts")],
      outfile: join(out, `${name}.js`),
      format: "esm",
    }),
    build({
      ...common,
      stdin: {
        contents: `import widget from "./${name}/index"; globalThis.mhaLessons.register("${name}", widget);`,
        resolveDir: here,
      },
      outfile: join(out, `page/${name}.js`),
      format: "iife",
      plugins: [fromHost],
    }),
    build({ ...common, entryPoints: [join(here, name, "style.css")], outfile: join(out, `${name}.css`) }),
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
      const name = file.match(/^(\w+)\.(js|css)$/)?.[1];
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
if (!only.length) writeFileSync(join(out, ".done"), "");
console.log(`built ${widgets.length} widgets: ${widgets.join(", ")}`);
