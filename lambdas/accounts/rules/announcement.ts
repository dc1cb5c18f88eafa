/** How urgent an announcement is, which decides how a web page shows it. */
export const announcementLevels = ["info", "warning", "critical"] as const;
export type AnnouncementLevel = (typeof announcementLevels)[number];
