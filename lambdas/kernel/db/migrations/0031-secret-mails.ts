/**
 * Mails whose body has a link that acts for its reader. Their body is deleted when they are sent, and now that of those
 * that were sent before.
 */
export const sql = `
alter table mails add column is_secret boolean not null default false;

update mails set is_secret = true
where body like '%/accounts/confirm/?token=%' or body like '%/organization/accept_invite/?token=%';
update mails set body = '' where is_secret and status = 'sent';
`;
