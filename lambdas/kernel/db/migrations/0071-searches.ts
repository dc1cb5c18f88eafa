/** Indexes that find a part of a name, where PostgreSQL has the extension pg_trgm. Without it, searches read more. */
export const sql = `
do $$ begin
  create extension if not exists pg_trgm;
  create index datasets_names on datasets using gin (name gin_trgm_ops, file_name gin_trgm_ops);
  create index submissions_descriptions on submissions using gin (description gin_trgm_ops) where description is not null;
  create index users_names on users using gin (username gin_trgm_ops);
exception when undefined_file or undefined_object or insufficient_privilege or feature_not_supported then
  raise notice 'searches without pg_trgm: %', sqlerrm;
end $$;
-- Compiling a query for a page takes longer than the query.
do $$ begin
  execute format('alter database %I set jit = off', current_database());
exception when insufficient_privilege then
  raise notice 'jit stays on: %', sqlerrm;
end $$;
`;
