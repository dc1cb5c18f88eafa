import "../design/fonts.css";
import "../design/tokens.css";
import "../design/base.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError, Unreachable } from "../api/client.ts";
import { loadAgainWhenFilesAreGone } from "./page-files.ts";
import { queryClient, router } from "./router.ts";

loadAgainWhenFilesAreGone();

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
