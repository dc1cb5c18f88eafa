/** Slots, which a worker reserves before it asks for work. Whoever waits longest for one is next. */
export class Slots {
  readonly #size: number;
  #taken = 0;
  #reserved = 0;
  readonly #line: { count: number; reserved: (count: number) => void }[] = [];
  #changed = Promise.withResolvers<void>();

  constructor(size: number) {
    this.#size = size;
  }

  get free(): number {
    return Math.max(0, this.#size - this.#taken - this.#reserved);
  }

  /** Those that are used. Reserved ones are not. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes a slot that nobody waits for. Returns false if there is none. */
  take(): boolean {
    if (this.free === 0) return false;
    this.#taken++;
    return true;
  }

  /** Waits for at least one slot, and reserves up to `count`. Gives the number of slots: none after `wake`. */
  reserve(count: number): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#line.push({ count, reserved: resolve });
    this.#serve();
    return promise;
  }

  /** Takes so many of some reserved slots. The others are free again. */
  use(count: number, reserved: number): void {
    this.#reserved -= reserved;
    this.#taken += count;
    this.#serve();
  }

  /** Takes a slot even if none is free, for an attempt that gave its slot while it waited and goes on. */
  takeBack(): void {
    this.#taken++;
  }

  give(): void {
    this.#taken--;
    this.#serve();
    this.#tell();
  }

  /** Ends every wait, so that waiting code checks its conditions again. */
  wake(): void {
    for (const { reserved } of this.#line.splice(0)) reserved(0);
    this.#tell();
  }

  /** Waits until a slot that was used is given back, or `wake` is called. */
  change(): Promise<void> {
    return this.#changed.promise;
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #serve(): void {
    while (this.free > 0 && this.#line.length > 0) {
      const { count, reserved } = this.#line.shift()!;
      // Nobody takes several while others wait.
      const granted = this.#line.length > 0 ? 1 : Math.min(count, this.free);
      this.#reserved += granted;
      reserved(granted);
    }
  }
}

/** The slot of an attempt, which is given while the attempt waits for a place to run, and taken back. */
export class AttemptSlot {
  readonly #slots: Slots;
  #isHeld = true;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  hold(wanted: boolean): void {
    if (wanted === this.#isHeld) return;
    this.#isHeld = wanted;
    if (wanted) this.#slots.takeBack();
    else this.#slots.give();
  }
}
