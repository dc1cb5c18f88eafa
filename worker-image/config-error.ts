/** The configuration is invalid. The message names each variable and its valid values. */
export class ConfigError extends Error {}

/** The platform does not accept the worker's token: it was revoked, or its queue was deleted. A restart cannot help. */
export class TokenRefused extends ConfigError {}
