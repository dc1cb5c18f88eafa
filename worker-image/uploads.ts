/** Uploads of a step that run in the background. */
export class Uploads {
  readonly #running: Promise<void>[] = [];
  #bytes = 0;
  #failed = false;
  #error: unknown;

  /** Counts the bytes of an upload for which the caller waits. */
  add(upload: Promise<number>): Promise<number> {
    return upload.then((bytes) => {
      this.#bytes += bytes;
      return bytes;
    });
  }

  /** Counts the bytes of an upload in the background. `settle` returns its error. */
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

  /** Waits for all background uploads. `error` is the first error. */
  async settle(): Promise<{ bytes: number; error: unknown }> {
    await Promise.all(this.#running);
    return { bytes: this.#bytes, error: this.#error };
  }
}
