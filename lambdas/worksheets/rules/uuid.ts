/** The uuid of a worksheet, bundle or group from 16 random bytes. */
export const uuidFrom = (random: Uint8Array): string => `0x${Buffer.from(random).toString("hex")}`;
