import "../design/fonts.css";
import "../design/tokens.css";
import "../design/base.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError, Unreachable } from "../api/client.ts";
import { queryClient, router } from "./router.ts";

// A tab that stayed open over an update asks for files that may be gone. It gets the new ones with the page.
// Once: where the files are missing for another reason, the page says so.
window.addEventListener("vite:preloadError", (event) => {
  const last = Number(sessionStorage.getItem("reloaded"));
  if (Date.now() - last < 30_000) return;
  event.preventDefault();
  sessionStorage.setItem("reloaded", String(Date.now()));
  location.reload();
});

createRoot(document.getElementById("app")!, {
  // What the platform refused is shown on the page. Only defects are for the console.
  onCaughtError: (error) => {
    if (!(error instanceof ApiError || error instanceof Unreachable)) console.error(error);
  },
}).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
