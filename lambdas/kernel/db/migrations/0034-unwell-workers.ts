/** Why a worker takes no jobs, as a sentence, and since when. Null for workers that are well. */
export const sql = `
alter table workers
  add unwell text,
  add unwell_since timestamptz;
`;
