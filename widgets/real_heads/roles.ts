import { decimals, element, write, type Cleanup } from "../draw/index";
import { nameOf, ROLES, rolesOf, type Role } from "./catalogue";
import type { Selection } from "./selection";

const percent = (share: number) => `${Math.max(0, Math.min(100, 100 * share))}%`;

/** The four roles of the analogy as buttons: each leads to the best head for it, and says how good that head is. */
export class Roles {
  readonly root: HTMLElement;
  #buttons: RoleButton[];
  #verdict = element("p", { class: "mha-verdict" });

  constructor(cleanup: Cleanup, choose: (role: Role) => void) {
    this.#buttons = ROLES.map(([name, label]) => new RoleButton(cleanup, name, label, choose));
    this.root = element(
      "section",
      { class: "mha-roles" },
      element("h3", {}, "Four jobs that heads are said to have, and the best head found for each"),
      element("div", { class: "mha-role-row" }, ...this.#buttons.map(({ root }) => root)),
      this.#verdict,
    );
  }

  show(model: string | null, { layer, head }: Selection): void {
    const found = model === null ? {} : rolesOf(model);
    this.root.hidden = Object.keys(found).length === 0;
    if (this.root.hidden) return;
    let verdict =
      "Bar: how often the head is right on gold data. Thin line: its 95 % interval. Tick: the best simple rule.";
    for (const button of this.#buttons) {
      const role = found[button.name];
      const chosen = role?.layer === layer && role.head === head;
      button.show(role, chosen);
      if (role && chosen) verdict = `${button.label}, head ${nameOf(layer, head)}: ${role.verdict}`;
    }
    write(this.#verdict, verdict);
  }
}

class RoleButton {
  readonly root: HTMLButtonElement;
  #head = element("span", { class: "mha-role-head" });
  #numbers = element("span", { class: "mha-role-numbers" });
  #rival = element("span", { class: "mha-role-numbers" });
  #bar = element("span", { class: "mha-role-fill" });
  #interval = element("span", { class: "mha-role-interval" });
  #tick = element("span", { class: "mha-role-tick" });
  #role: Role | undefined;

  constructor(
    cleanup: Cleanup,
    readonly name: string,
    readonly label: string,
    choose: (role: Role) => void,
  ) {
    this.root = element(
      "button",
      { type: "button", class: "mha-role", name: "role", value: name },
      element("b", {}, label),
      this.#head,
      element(
        "span",
        { class: "mha-role-bar", "aria-hidden": "true" },
        this.#bar,
        this.#interval,
        this.#tick,
      ),
      this.#numbers,
      this.#rival,
    );
    cleanup.listen(this.root, "click", () => this.#role && choose(this.#role));
  }

  show(role: Role | undefined, chosen: boolean): void {
    this.root.setAttribute("aria-pressed", String(chosen));
    if (role === this.#role) return;
    this.#role = role;
    this.root.hidden = !role;
    if (!role) return;
    const { layer, head, score, baseline, low, high, n } = role;
    write(this.#head, `head ${nameOf(layer, head)}`);
    write(this.#numbers, `right: ${decimals(score, 2)} (${decimals(low, 2)} to ${decimals(high, 2)})`);
    write(this.#rival, `baseline ${decimals(baseline, 2)}, n = ${n}`);
    this.#bar.style.width = percent(score);
    this.#interval.style.left = percent(low);
    this.#interval.style.width = percent(high - low);
    this.#tick.style.left = percent(baseline);
  }
}
