/** The files of pages, which the browser fetches when somebody first opens a page of their kind. */

let areMissing = false;

/** Whether files did not arrive since this page was loaded, because there was no network. Only loading it again fetches them. */
export const pageFilesAreMissing = (): boolean => areMissing;

/**
 * A tab that stayed open over an update asks for files that may be gone. It gets the new ones with the page. Once: where the files are
 * missing for another reason, the page says so.
 */
export function loadAgainWhenFilesAreGone(): void {
  window.addEventListener("vite:preloadError", (event) => {
    // Without a network the browser would have no page any more. If the router got this error, it would load the page again too.
    if (!navigator.onLine) {
      areMissing = true;
      event.preventDefault();
      return;
    }
    const last = Number(sessionStorage.getItem("reloaded"));
    if (Date.now() - last < 30_000) return;
    event.preventDefault();
    sessionStorage.setItem("reloaded", String(Date.now()));
    location.reload();
  });
}
