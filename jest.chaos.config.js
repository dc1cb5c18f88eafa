// `npm run test:chaos`
import { chaos, settings } from "./jest.config.js";

/** @type {import("jest").Config} */
export default { ...settings, projects: [chaos] };
