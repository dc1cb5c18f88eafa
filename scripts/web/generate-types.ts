/** `npm run generate:web` */
import { generateTypes } from "./generate.ts";

await generateTypes();
