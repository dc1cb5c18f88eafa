/** The group of the jobs of a competition. Groups take turns on a queue, and have a budget. */
export const groupKeyOf = (competitionId: number): string => `competition:${competitionId}`;
