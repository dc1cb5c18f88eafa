/** Uploads of a step that go on while other work does. */
export class Uploads {
  readonly #running: Promise<void>[] = [];
  #bytes = 0;
  #failed = false;
  #error: unknown;

  /** Counts an upload, which gives its size, and gives back the same promise. */
  add(upload: Promise<number>): Promise<number> {
    return upload.then((bytes) => {
      this.#bytes += bytes;
      return bytes;
    });
  }

  /** Counts an upload that nobody else waits for. What it throws comes out of `settle`. */
  start(upload: Promise<number | void>): void {
    const counted = upload.then(
      (bytes) => void (this.#bytes += bytes ?? 0),
      (error: unknown) => {
        if (!this.#failed) this.#error = error;
        this.#failed = true;
      },
    );
    this.#running.push(counted);
  }

  /** Waits for all that were started. `error` is the first that was thrown. */
  async settle(): Promise<{ bytes: number; error: unknown }> {
    await Promise.all(this.#running);
    return { bytes: this.#bytes, error: this.#error };
  }
}
