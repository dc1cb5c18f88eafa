/** How many open jobs the scaler was told of last: one row, which whoever counts holds until that is sent. */
export const sql = `
create table scaling (
  singleton boolean primary key default true check (singleton),
  open_jobs integer not null check (open_jobs >= 0)
);
insert into scaling (open_jobs) values (0);
`;
