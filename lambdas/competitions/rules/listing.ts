/** Whether public lists have a published competition. `withheld` ones are unpublished, and only an administrator ends that. */
export const listings = ["listed", "unlisted", "withheld"] as const;
export type Listing = (typeof listings)[number];
