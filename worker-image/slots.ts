/** A fixed number of slots that can be taken and given back. */
export class Slots {
  readonly #size: number;
  #taken = 0;
  #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  get free(): number {
    return this.#size - this.#taken;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Takes a slot. Returns false when none is free. */
  take(): boolean {
    if (this.free === 0) return false;
    this.#taken++;
    return true;
  }

  give(): void {
    this.#taken--;
    this.wake();
  }

  /** Ends every wait for a change, so that waiting code checks its conditions again. */
  wake(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }

  /** Waits until a slot is given back, or `wake` is called. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
