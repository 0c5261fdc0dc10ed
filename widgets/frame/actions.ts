import { copy, download, rasterise } from "./share";
import { snapshot } from "./snapshot";
import { Toolbar } from "./toolbar";
import { pythonCall, toFragment, type Values } from "./traits";
import type { Mounted } from "./widget";

/** The toolbar of every widget: share it, save it, reset it, read its numbers. */
export function addActions<Answer extends object>(mounted: Mounted<Answer>): HTMLElement {
  const { spec, view, root, inPage } = mounted;
  const toolbar = new Toolbar(`${spec.title}: share, save, reset`, mounted.cleanup);

  toolbar.add("copy-link", inPage ? "Copy link" : "Copy Python call", async () => {
    await copied(inPage ? linkTo(mounted) : pythonCall(spec.python, shareable(mounted)));
    return inPage ? "Link to this state copied." : "Python call copied.";
  });
  if (view.code) {
    toolbar.add("copy-code", "Copy torch code", async () => {
      if (!mounted.answer) throw new Error("there are no numbers yet");
      await copied(view.code!(mounted.answer, mounted.shown));
      return "Code copied: plain torch that prints these numbers.";
    });
  }
  const picture = () => {
    if (!mounted.answer) throw new Error("there is no picture yet");
    return snapshot(root, view.pictures(), spec.title, view.say(mounted.answer, mounted.shown));
  };
  toolbar.add("save-svg", "Save SVG", () => {
    download(`${spec.name}.svg`, new Blob([picture().svg], { type: "image/svg+xml" }));
    return "Picture saved as SVG.";
  });
  toolbar.add("save-png", "Save PNG", async () => {
    const { svg, width, height } = picture();
    download(`${spec.name}.png`, await rasterise(svg, width, height));
    return "Picture saved as PNG.";
  });
  toolbar.add("reset", "Reset", () => {
    mounted.set(mounted.initial);
    view.reset?.();
    return "Everything is as it was at the start.";
  });
  const toggle = toolbar.add("show-numbers", "Show numbers", () => {
    const open = mounted.toggleNumbers();
    toggle.setAttribute("aria-expanded", String(open));
    toggle.textContent = open ? "Hide numbers" : "Show numbers";
    return open ? "The numbers are in the tables below." : "Numbers hidden.";
  });
  toggle.setAttribute("aria-expanded", "false");
  return toolbar.root;
}

/** The page's address with a fragment that says how this widget differs from its start. */
function linkTo<Answer extends object>(mounted: Mounted<Answer>): string {
  const { initial, root, spec } = mounted;
  const changed = Object.entries(shareable(mounted)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(initial[name]),
  );
  const place = root.dataset["place"] ?? `${spec.name}-1`;
  return location.href.split("#")[0] + toFragment(place, Object.fromEntries(changed));
}

/** The values that a link or a call may carry. */
function shareable<Answer extends object>({ shown, spec }: Mounted<Answer>): Values {
  return Object.fromEntries(Object.entries(shown).filter(([name]) => spec.traits[name]!.kind !== "fixed"));
}

async function copied(text: string): Promise<void> {
  if (!(await copy(text))) throw new Error("the browser does not let this page use the clipboard");
}
