// Runs the command line in this process. The command itself listens for signals as soon as it is loaded.
import "./compile-cache.mjs";
import { endInterrupted, signals } from "./signals.mjs";

for (const signal of signals) process.on(signal, endInterrupted);
process.send?.("listening");
// The process that started this one was killed.
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.channel?.unref();
await import("./main.ts");
