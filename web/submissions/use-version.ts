import { useEffect, useState } from "react";

const everyMs = 5000;

/** Changes with the content behind a link, while that is written, so that a frame is loaded anew only when it has to be. */
export function useVersion(url: string | undefined, isWritten: boolean): string {
  const [version, setVersion] = useState("");
  useEffect(() => {
    if (url === undefined || !isWritten) return;
    const controller = new AbortController();
    const look = async () => {
      // It may be replaced at this very moment. The next look will show.
      const answer = await fetch(url, { signal: controller.signal, cache: "no-cache" }).catch(() => null);
      if (answer?.ok) setVersion(answer.headers.get("etag") ?? "");
    };
    const timer = setInterval(() => void look(), everyMs);
    return () => {
      clearInterval(timer);
      controller.abort();
    };
  }, [url, isWritten]);
  return version;
}
