import "../design/record-table.css";
import "./resources.css";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useSession } from "../api/session.ts";
import { date, number } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { SearchFilter } from "../design/filters.tsx";
import { Pager } from "../competitions/pager.tsx";
import { Segments } from "../design/segments.tsx";
import { DeleteManyDialog } from "./delete-many-dialog.tsx";
import { pageSize, tasksQuery } from "./queries.ts";
import { TaskDialog } from "./task-dialog.tsx";
import { useTexts } from "./texts.ts";
import { UploadTaskDialog } from "./upload-task-dialog.tsx";

const route = getRouteApi("/tasks");
const to = "/tasks/";

type Task = ReturnType<typeof useTasks>["results"][number];

const useTasks = () => useSuspenseQuery(tasksQuery(route.useSearch())).data;

/** Tasks that the reader owns or may use. */
export function TasksPage() {
  const t = useTexts();
  const address = route.useSearch();
  const { count, results } = useTasks();
  const [open, setOpen] = useState<"create" | "upload" | null>(null);
  return (
    <div className="wrap resources">
      <PageTitle>{t.tasks}</PageTitle>
      <div className="resources-head">
        <h1 className="resources-title">
          {t.tasks} <span className="resources-count quiet numbers">{number(count)}</span>
        </h1>
        <div className="resources-buttons">
          <button type="button" className="button" onClick={() => setOpen("upload")}>
            {t.uploadTask}
          </button>
          <button type="button" className="button main" onClick={() => setOpen("create")}>
            {t.createTask}
          </button>
        </div>
      </div>
      <p className="quiet resources-about">{t.tasksAbout}</p>
      <div className="resources-tools">
        <Segments label={t.whichTasks}>
          {([undefined, "all"] as const).map((show) => (
            <Link
              key={show ?? "own"}
              to={to}
              search={{ ...address, page: undefined, show }}
              aria-current={address.show === show ? "true" : undefined}
              activeOptions={{ exact: true, explicitUndefined: true }}
            >
              {show === undefined ? t.ownOnes : t.withPublic}
            </Link>
          ))}
        </Segments>
        <SearchFilter label={t.findTask} value={address.q} />
      </div>
      {results.length > 0 ? (
        <Rows key={JSON.stringify(address)} tasks={results} />
      ) : (
        <div className="card resources-none">
          {address.q === undefined ? (
            <>
              <h2>{t.noTasks}</h2>
              <p className="quiet">{t.noTasksAbout}</p>
            </>
          ) : (
            <p>
              {t.noMatch}{" "}
              <Link to={to} search={{ show: address.show }}>
                {t.clear}
              </Link>
            </p>
          )}
        </div>
      )}
      <Pager page={address.page ?? 1} pageSize={pageSize} count={count} />
      {open === "create" && <TaskDialog task={null} onClose={() => setOpen(null)} />}
      {open === "upload" && <UploadTaskDialog onClose={() => setOpen(null)} />}
    </div>
  );
}

function Rows({ tasks }: { tasks: Task[] }) {
  const t = useTexts();
  const client = useQueryClient();
  const { user } = useSession();
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [deleting, setDeleting] = useState(false);
  const selected = tasks.filter(({ id }) => chosen.has(id));
  return (
    <>
      {selected.length > 0 && (
        <p className="resources-selected">
          <span role="status">{t.selected(selected.length)}</span>
          <button type="button" className="button danger" onClick={() => setDeleting(true)}>
            {t.deleteSelected}
          </button>
        </p>
      )}
      <div className="card">
        <table className="record-table">
          <thead>
            <tr>
              <td className="tight" />
              <th scope="col">{t.name}</th>
              <th scope="col" className="wide">
                {t.by}
              </th>
              <th scope="col">{t.state}</th>
              <th scope="col" className="wide tight">
                {t.added}
              </th>
            </tr>
          </thead>
          <tbody>
            {tasks.map(({ id, name, description, created_by, created_when, is_public, is_used_in_competitions }) => (
              <tr key={id}>
                <td className="tight">
                  {created_by === user?.username && (
                    <input
                      type="checkbox"
                      aria-label={t.select(name)}
                      checked={chosen.has(id)}
                      onChange={({ target: { checked } }) =>
                        setChosen(
                          (before) => new Set([...before].filter((other) => other !== id).concat(checked ? [id] : [])),
                        )
                      }
                    />
                  )}
                </td>
                <th scope="row">
                  <Link to="/tasks/$id/" params={{ id: String(id) }} className="record-name">
                    {name}
                  </Link>
                  {description !== null && <p className="small quiet wide">{firstLine(description)}</p>}
                </th>
                <td className="wide">{created_by}</td>
                <td>
                  {is_public && <span className="pill accent">{t.public}</span>}{" "}
                  <span className="pill">{is_used_in_competitions ? t.inUse : t.unused}</span>
                </td>
                <td className="wide tight">{date(created_when)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {deleting && (
        <DeleteManyDialog
          title={t.deleteTasksTitle(selected.length)}
          names={selected.map(({ name }) => name)}
          ids={selected.map(({ id }) => id)}
          path="/api/tasks/delete_many/"
          onDeleted={async () => {
            setChosen(new Set());
            await client.invalidateQueries({ queryKey: ["tasks"] });
          }}
          onClose={() => setDeleting(false)}
        />
      )}
    </>
  );
}

const firstLine = (text: string): string => text.trim().split("\n", 1)[0]!.slice(0, 120);
