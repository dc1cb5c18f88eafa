import "./resources.css";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../api/client.ts";
import { personNamed } from "../api/people.ts";
import { bytes, date } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Field } from "../design/field.tsx";
import { Markdown } from "../markup/markdown.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { taskQuery, type TaskDetail } from "./queries.ts";
import { TaskDialog } from "./task-dialog.tsx";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/tasks/$id");
const roles = ["scoring_program", "ingestion_program", "input_data", "reference_data"] as const;

/** One task: its files, who may use it, and where it is used. */
export function TaskPage() {
  const t = useTexts();
  const { id } = route.useParams();
  const { data: task } = useSuspenseQuery(taskQuery(Number(id)));
  return (
    <div className="wrap resource">
      <PageTitle>{task.name}</PageTitle>
      <header className="resource-head">
        <Link to="/tasks/" className="small resource-back">
          {t.tasks}
        </Link>
        <div className="resource-row">
          <h1 className="resource-name">{task.name}</h1>
          {task.is_public && <span className="pill accent">{t.public}</span>}
          {task.permissions.edit && <Actions task={task} />}
        </div>
        <p className="small quiet">{`${task.owner_display_name} · ${date(task.created_when)}`}</p>
      </header>
      {task.description !== null && task.description.trim() !== "" && (
        <section className="card resource-section" aria-label={t.description}>
          <Markdown source={task.description} />
        </section>
      )}
      <section className="resource-part">
        <h2>{t.files}</h2>
        <ul className="card resource-files">
          {roles.map((role) => {
            const file = task[role];
            return (
              <li key={role}>
                <span className="quiet">{t.types[role]}</span>
                {file ? (
                  <Link to="/datasets/$id/" params={{ id: String(file.id) }}>
                    {file.name}
                  </Link>
                ) : (
                  <span>{t.noFile}</span>
                )}
              </li>
            );
          })}
          {task.solutions.map(({ key, name, data, size }) => (
            <li key={key}>
              <span className="quiet">{t.types.solution}</span>
              <a href={`/datasets/download/${data}/`} download>
                {size === null ? name : `${name} (${bytes(size)})`}
              </a>
            </li>
          ))}
        </ul>
        {task.ingestion_only_during_scoring && <p className="small quiet">{t.onlyDuringScoring}</p>}
      </section>
      {task.competitions.length > 0 && (
        <section className="resource-part">
          <h2>{t.usedBy}</h2>
          <ul className="card resource-files">
            {task.competitions.map(({ id, title }) => (
              <li key={id}>
                <Link to="/competitions/$id/" params={{ id: String(id) }}>
                  {title}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      )}
      {task.permissions.edit && <Sharing task={task} />}
    </div>
  );
}

function Actions({ task }: { task: TaskDetail }) {
  const t = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [open, setOpen] = useState<"edit" | "delete" | null>(null);
  return (
    <div className="resource-actions">
      <button type="button" className="button" onClick={() => setOpen("edit")}>
        {t.edit}
      </button>
      <button type="button" className="button danger" onClick={() => setOpen("delete")}>
        {t.delete}
      </button>
      {open === "edit" && <TaskDialog task={task} onClose={() => setOpen(null)} />}
      {open === "delete" && (
        <ConfirmDialog
          title={t.deleteTitle(task.name)}
          action={t.delete}
          onConfirm={async () => {
            await ask(api.DELETE("/api/tasks/{id}/", { params: { path: { id: task.id } } }));
            await navigate({ to: "/tasks/" });
            client.removeQueries({ queryKey: ["task", task.id] });
            await client.invalidateQueries({ queryKey: ["tasks"] });
          }}
          onClose={() => setOpen(null)}
        >
          <p>{t.deleteForGood}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}

/** Who else may use the task in competitions. The API takes ids and shows usernames. */
function Sharing({ task }: { task: TaskDetail }) {
  const t = useTexts();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const share = useMutation({
    mutationFn: async (usernames: string[]) => {
      const shared_with = await Promise.all(
        usernames.map((username) => personNamed(username, t.noSuchPerson(username))),
      );
      await ask(api.PATCH("/api/tasks/{id}/", { params: { path: { id: task.id } }, body: { shared_with } }));
      await client.invalidateQueries({ queryKey: ["task", task.id] });
    },
    onSuccess: () => setName(""),
  });
  return (
    <section className="resource-part">
      <h2>{t.sharing}</h2>
      <div className="card">
        {task.shared_with.length > 0 && (
          <ul className="resource-files">
            {task.shared_with.map((username) => (
              <li key={username}>
                {username}
                <button
                  type="button"
                  className="button danger"
                  aria-label={`${t.remove} ${username}`}
                  disabled={share.isPending}
                  onClick={() => share.mutate(task.shared_with.filter((other) => other !== username))}
                >
                  {t.remove}
                </button>
              </li>
            ))}
          </ul>
        )}
        <form
          className="resource-form-row resource-section"
          onSubmit={(event) => {
            event.preventDefault();
            share.mutate([...task.shared_with, name.trim()]);
          }}
        >
          <Field
            label={t.shareWith}
            placeholder={t.username}
            value={name}
            required
            onChange={({ target }) => setName(target.value)}
          />
          <button type="submit" className="button" disabled={share.isPending}>
            {t.share}
          </button>
        </form>
        {share.isError && <ErrorNotice error={share.error} />}
      </div>
    </section>
  );
}
