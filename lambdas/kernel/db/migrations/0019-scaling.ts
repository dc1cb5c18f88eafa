/** The last number of open jobs sent to the scaler, in one row. A process locks it while it counts jobs and sends the number. */
export const sql = `
create table scaling (
  singleton boolean primary key default true check (singleton),
  open_jobs integer not null check (open_jobs >= 0)
);
insert into scaling (open_jobs) values (0);
`;
