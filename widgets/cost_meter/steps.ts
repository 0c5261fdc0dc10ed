import { slider, type Cleanup, type Control } from "../draw/index";

/** A slider that stops only at the numbers that make sense. */
export class Steps {
  readonly root: HTMLElement;
  readonly input: HTMLInputElement;
  #control: Control;
  #numbers: number[] = [];
  #made = "";

  constructor(
    cleanup: Cleanup,
    name: string,
    label: string,
    describe: (number: number) => string,
    change: (number: number) => void,
  ) {
    const at = (place: number) => this.#numbers[place] ?? 1;
    this.#control = slider(
      cleanup,
      name,
      label,
      { min: 0, max: 0 },
      (place) => describe(at(place)),
      (place) => change(at(Number(place))),
    );
    this.root = this.#control.root;
    this.input = this.#control.input as HTMLInputElement;
  }

  /** Show `number` among those the slider stops at; it is one of them now, wherever it was set. */
  show(numbers: readonly number[], number: number): void {
    this.#numbers = numbers.includes(number) ? [...numbers] : [...numbers, number].sort((a, b) => a - b);
    const made = this.#numbers.join(" ");
    if (made !== this.#made) this.input.max = String(this.#numbers.length - 1);
    this.#made = made;
    this.#control.show(this.#numbers.indexOf(number));
  }
}
