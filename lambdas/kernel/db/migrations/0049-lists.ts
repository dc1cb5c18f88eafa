/** Indexes for the lists of the API, whose pages are filtered and counted by whose rows they are. */
export const sql = `
create index competitions_creator on competitions (created_by);
create index competition_collaborators_user on competition_collaborators (user_id);
create index participants_user on participants (user_id, competition_id);
create index datasets_public on datasets (id) where is_public;
create index tasks_creator on tasks (created_by, id);
create index tasks_public on tasks (id) where is_public;
create index task_shares_user on task_shares (user_id);
create index queues_owner on queues (owner_id);
create index queue_organizers_user on queue_organizers (user_id);
create index phase_tasks_task on phase_tasks (task_id);
`;
