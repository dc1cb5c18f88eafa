/** The command was not understood; the message says why. */
export class Usage extends Error {}
