/** The delivery state of mail. Mail written before this migration is kept and never sent. */
export const sql = `
alter table mails
  add column reply_to text,
  add column unsubscribe_url text,
  add column status text not null default 'kept' check (status in ('kept', 'waiting', 'sending', 'sent', 'failed')),
  add column taken_when timestamptz,
  add column problem text;
`;
