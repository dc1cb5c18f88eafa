/** Sends bytes to a signed address of the store. */

/** The store refused what was sent. */
export class StoreRefusal extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`The store answered with ${status}.`);
    this.status = status;
  }
}

/** The connection broke, or there is none. */
export class LineBroken extends Error {}

/** Sends a part of a file. `fetch` would not say how much of it has left. */
export function put(url: string, body: Blob, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("PUT", url);
    request.upload.onprogress = ({ loaded }) => onBytes(loaded);
    request.onload = () => {
      if (request.status < 300) resolve();
      else reject(new StoreRefusal(request.status));
    };
    request.onerror = () => reject(new LineBroken());
    request.onabort = () => reject(signal.reason as Error);
    request.onloadend = () => signal.removeEventListener("abort", abort);
    if (signal.aborted) return reject(signal.reason as Error);
    signal.addEventListener("abort", abort);
    request.send(body);
  });
}
