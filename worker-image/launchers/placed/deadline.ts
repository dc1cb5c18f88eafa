/** One deadline at a time. */
export class Deadline {
  #at = 0;

  constructor(milliseconds: number) {
    this.set(milliseconds);
  }

  set(milliseconds: number): void {
    this.#at = performance.now() + milliseconds;
  }

  get passed(): boolean {
    return performance.now() > this.#at;
  }
}
