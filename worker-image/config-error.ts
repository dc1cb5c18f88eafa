/** The configuration is invalid. The message names each variable and its valid values. */
export class ConfigError extends Error {}
