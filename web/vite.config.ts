import { defineConfig } from "vite";

/** `scripts/web/build.ts` builds with this. There is no development server: the local platform serves what was built. */
export default defineConfig({
  root: import.meta.dirname,
  // The fonts and styles load from the same origin under a policy that allows nothing inline.
  build: {
    target: "baseline-widely-available",
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    manifest: true,
    rolldownOptions: {
      // Libraries say which modules a server of React may not run. There is none.
      onLog: (level, log, handle) => void (log.code === "MODULE_LEVEL_DIRECTIVE" || handle(level, log)),
    },
  },
});
