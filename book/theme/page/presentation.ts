/** A button on each widget's frame: the widget fills the screen in large type, for a projector. */
export function presentation(): void {
  for (const frame of document.querySelectorAll<HTMLElement>(".widget-frame")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "present";
    const set = (on: boolean) => {
      frame.classList.toggle("presenting", on);
      document.documentElement.classList.toggle("presenting", on);
      button.textContent = on ? "Leave full screen" : "Full screen";
      for (const other of document.body.children) setInert(other, on, frame);
    };
    button.addEventListener("click", () => set(!frame.classList.contains("presenting")));
    const leave = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || !frame.classList.contains("presenting")) return;
      set(false);
      button.focus();
    };
    frame.addEventListener("keydown", leave, true); // on the way in: a widget keeps plain keys to itself
    set(false);
    frame.prepend(button);
  }
}

/** While one widget is presented, nothing outside it takes the focus. */
function setInert(element: Element, on: boolean, frame: HTMLElement): void {
  if (element === frame) return;
  if (element.contains(frame)) {
    for (const child of element.children) setInert(child, on, frame);
  } else if (element instanceof HTMLElement) {
    element.inert = on;
  }
}
