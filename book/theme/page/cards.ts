const MARGIN = 12;
const PATIENCE = 150; // ms: the pointer may cross the gap between a word and its card

/** A card beside a citation, a note, a fact or a term, on hover and on focus; Escape closes it. */
export function cards(): void {
  const card = document.createElement("div");
  card.className = "card-shown";
  card.id = "card-shown";
  card.setAttribute("role", "tooltip");
  card.hidden = true;
  document.body.append(card);

  let owner: HTMLElement | null = null;
  let timer = 0;

  const close = () => {
    clearTimeout(timer);
    owner?.removeAttribute("aria-describedby");
    owner = null;
    card.hidden = true;
  };
  const open = (link: HTMLElement) => {
    clearTimeout(timer);
    if (owner === link) return;
    const source = document.getElementById(link.dataset["card"] ?? "");
    if (!source) return;
    close();
    owner = link;
    card.replaceChildren(...[...source.cloneNode(true).childNodes].filter(wanted));
    card.hidden = false;
    link.setAttribute("aria-describedby", card.id);
    place(card, link);
  };
  const leave = () => {
    clearTimeout(timer);
    timer = window.setTimeout(close, PATIENCE);
  };

  for (const link of document.querySelectorAll<HTMLElement>("[data-card]")) {
    link.addEventListener("pointerenter", () => open(link));
    link.addEventListener("pointerleave", leave);
    link.addEventListener("focus", () => open(link));
    link.addEventListener("blur", leave);
  }
  card.addEventListener("pointerenter", () => clearTimeout(timer));
  card.addEventListener("pointerleave", leave);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
}

/** The way back from a note has no sense in a card. */
function wanted(node: Node): boolean {
  return !(node instanceof Element && node.classList.contains("back"));
}

/** Below the word if there is room, else above it; never outside the screen. */
function place(card: HTMLElement, link: HTMLElement): void {
  const [word] = link.getClientRects();
  if (!word) return;
  const { width, height } = card.getBoundingClientRect();
  const screen = document.documentElement.clientWidth;
  const left = Math.max(MARGIN, Math.min(word.left, screen - width - MARGIN));
  const below = word.bottom + 6;
  const top = below + height + MARGIN > innerHeight && word.top > height ? word.top - height - 6 : below;
  card.style.left = `${left + scrollX}px`;
  card.style.top = `${top + scrollY}px`;
}
