import "./files-page.css";
import type { Shape } from "../../api/client.ts";
import { bytes } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { Icon } from "../../design/icons.tsx";
import type { Competition } from "../queries.ts";
import { useTexts } from "./texts.ts";
import { useCompetition } from "./use-competition.ts";

type Kind = keyof ReturnType<typeof useTexts>["kinds"];

interface OfferedFile {
  file: Shape<"Dataset">;
  kind: Kind;
  /** The phase, or the task, that it is for. */
  of: string;
}

/** What the competition offers to download. The platform checks each download again. */
export function FilesPage() {
  const t = useTexts();
  const competition = useCompetition();
  const files = filesOf(competition);
  return (
    <section className="files">
      <PageTitle>{`${t.files} · ${competition.title}`}</PageTitle>
      <h2>{t.files}</h2>
      {files.length === 0 ? (
        <p className="quiet">{t.noFiles}</p>
      ) : (
        <ul className="card rows">
          {files.map(({ file, kind, of }) => (
            <li key={file.key} className="file">
              <Icon name="file" />
              <div>
                <a href={`/datasets/download/${file.key}/`} className="file-name" download>
                  {t.kinds[kind]} · {of}
                </a>
                <p className="small quiet">{file.file_name}</p>
              </div>
              <span className="small quiet numbers">{file.file_size === null ? "" : bytes(file.file_size)}</span>
              <span className="file-icon">
                <Icon name="download" />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Each file once, under the first phase or task that has it: those for everybody, and those that the organizers give away. */
function filesOf(competition: Competition): OfferedFile[] {
  const given: Record<Kind, boolean> = {
    starting_kit: true,
    public_data: true,
    input_data: competition.make_input_data_available,
    ingestion_program: competition.make_programs_available,
    scoring_program: competition.make_programs_available,
  };
  const found = new Map<string, OfferedFile>();
  const offer = (file: Shape<"Dataset"> | null, of: string) => {
    const kind = file?.type as Kind | undefined;
    if (file && kind && given[kind] && !found.has(file.key)) found.set(file.key, { file, kind, of });
  };
  for (const { name, starting_kit: kit, public_data: data } of competition.phases) {
    offer(kit, name);
    offer(data, name);
  }
  for (const { tasks } of competition.phases)
    for (const task of tasks) for (const file of task.public_datasets) offer(file, task.name);
  return [...found.values()];
}
