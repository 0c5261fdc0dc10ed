import * as core from "../core/index";
import * as draw from "../draw/index";
import * as frame from "../frame/index";
import { PageModel } from "./model";

const AHEAD = "600px"; // a widget is mounted when it comes this near to the view

/** Mount every place of this widget on the page, each when it nears the view. */
function register(name: string, widget: frame.Widget): void {
  const waiting = new Map<Element, () => PageModel | undefined>();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) waiting.get(target)?.();
    },
    { rootMargin: AHEAD },
  );
  document.querySelectorAll<HTMLElement>(`[data-widget="${CSS.escape(name)}"]`).forEach((place, i) => {
    place.dataset["place"] = `${name}-${i + 1}`;
    let model: PageModel | undefined;
    waiting.set(place, () => {
      observer.unobserve(place);
      return (model ??= mount(place, widget));
    });
    observer.observe(place);
  });
  const followLink = () => {
    for (const [place, start] of waiting) openLink(place as HTMLElement, widget, start);
  };
  addEventListener("hashchange", followLink);
  followLink();
}

/** If the page's address names this place, mount it and give it the values of the link, all at once. */
function openLink(place: HTMLElement, widget: frame.Widget, start: () => PageModel | undefined): void {
  const name = place.dataset["place"]!;
  const fragment = location.hash;
  if (!fragment.startsWith(`#${name}?`)) return;
  const values = frame.fromFragment(fragment, name, widget.spec.traits);
  const model = start();
  for (const [trait, value] of Object.entries(values)) model?.set(trait, value);
  place.scrollIntoView({ block: "start" });
}

function mount(place: HTMLElement, widget: frame.Widget): PageModel | undefined {
  try {
    const model = new PageModel(JSON.parse(place.dataset["traits"] ?? "{}"));
    widget.render({ model, el: place });
    model.join(); // after it is drawn: "Reset" leads back to the author's values, not to the group's
    return model;
  } catch (error) {
    place.dataset["state"] = "failed";
    const reason = error instanceof Error ? error.message : String(error);
    place.append(draw.element("p", { role: "alert" }, `This widget could not start: ${reason}`));
    return undefined;
  }
}

/** Texts of workers by the name of their widget, each put here by a script that is loaded when it is wanted. */
const workers: Record<string, string> = {};

Object.assign(globalThis, { mhaLessons: { core, draw, frame, register, workers } });
