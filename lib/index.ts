/** What the package `benchstack-cdk` exports. */
export { Benchstack } from "./benchstack.ts";
export type { Platform } from "./exports.ts";
export type { BenchstackProps, BenchstackStackProps } from "./props.ts";
export { BenchstackStack } from "./stack.ts";
