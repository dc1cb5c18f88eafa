/** `npm run build:web` */
import { buildWeb } from "./build.ts";

await buildWeb((line) => console.error(line));
