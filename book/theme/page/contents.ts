/** The contents: a panel on a narrow screen, and the reader's place among the sections of the page. */
export function contents(): void {
  const panel = document.querySelector<HTMLElement>(".contents");
  const button = document.querySelector<HTMLButtonElement>("[data-action='contents']");
  if (panel && button) openable(panel, button);
  if (panel) followPlace(panel);
}

function openable(panel: HTMLElement, button: HTMLButtonElement): void {
  const show = (open: boolean) => {
    panel.classList.toggle("open", open);
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => show(!panel.classList.contains("open")));
  panel.addEventListener("click", (event) => {
    if ((event.target as Element).closest("a")) show(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !panel.classList.contains("open")) return;
    show(false);
    button.focus();
  });
}

/** Mark the section that the top third of the screen shows. */
function followPlace(panel: HTMLElement): void {
  const links = new Map(
    [...panel.querySelectorAll<HTMLAnchorElement>("a[href^='#']")].map((link) => [link.hash.slice(1), link]),
  );
  const headings = [...document.querySelectorAll<HTMLElement>("main :is(h2, h3)[id]")].filter(({ id }) =>
    links.has(id),
  );
  if (headings.length === 0) return;
  let waiting = false;
  const update = () => {
    waiting = false;
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top < innerHeight / 3);
    const here = passed.at(-1)?.id;
    for (const [id, link] of links) {
      if (id === here) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  };
  const later = () => {
    if (!waiting) requestAnimationFrame(update);
    waiting = true;
  };
  addEventListener("scroll", later, { passive: true });
  addEventListener("resize", later, { passive: true });
  update();
}
