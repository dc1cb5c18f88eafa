import { Link } from "@tanstack/react-router";
import { bytes, dateTime, number, took } from "../../../app/format.ts";
import { CopyText } from "../../../design/copy-text.tsx";
import { Facts, type Fact } from "../../../design/facts.tsx";
import { useTexts } from "../texts.ts";
import { nameOf, numberOf, textOf, type Bundle } from "../types.ts";

/** A moment of the metadata, which is in seconds. */
function moment(bundle: Bundle, key: string): string | null {
  const seconds = numberOf(bundle, key);
  return seconds === null ? null : dateTime(seconds * 1000);
}

function lasted(bundle: Bundle, ...keys: string[]): string | null {
  const all = keys.map((key) => numberOf(bundle, key)).filter((seconds) => seconds !== null);
  return all.length === 0 ? null : took(all.reduce((sum, seconds) => sum + seconds, 0) * 1000);
}

/** What a bundle is and, of a run, what it took. */
export function FactsCard({ bundle }: { bundle: Bundle }) {
  const { facts: t } = useTexts();
  const { owner, hosts } = bundle;
  const isRun = bundle.bundle_type === "run";
  const size = numberOf(bundle, "data_size");
  const memory = numberOf(bundle, "memory_max");
  const exit = numberOf(bundle, "exitcode");
  const cpus = numberOf(bundle, "request_cpus");
  const gpus = numberOf(bundle, "request_gpus");
  const facts: Fact[] = [
    [t.created, moment(bundle, "created")],
    [t.owner, owner],
    [t.size, size === null ? null : bytes(size)],
    ...(isRun
      ? ([
          [t.started, moment(bundle, "started")],
          [t.time, lasted(bundle, "time")],
          [t.processor, lasted(bundle, "time_user", "time_system")],
          [t.memory, memory === null ? null : bytes(memory)],
          [t.exit, exit === null ? null : number(exit)],
          [
            t.asked,
            cpus === null
              ? null
              : t.resources(number(cpus), gpus ? number(gpus) : null, textOf(bundle, "request_memory")),
          ],
          [t.network, bundle.metadata["request_network"] === false ? t.no : t.yes],
          [t.queue, textOf(bundle, "request_queue")],
          [t.image, textOf(bundle, "docker_image") || textOf(bundle, "request_docker_image")],
          [t.machine, textOf(bundle, "remote")],
        ] satisfies Fact[])
      : []),
    [t.uuid, <code key="uuid">{bundle.uuid}</code>],
    [t.worksheets, hosts.length === 0 ? t.noWorksheets : <Hosts key="worksheets" hosts={hosts} />],
  ];
  return (
    <section className="card bundle-card" aria-labelledby="facts-title">
      <h2 id="facts-title">{t.title}</h2>
      <Facts facts={facts} />
    </section>
  );
}

/** The worksheets on which a bundle stands. */
const Hosts = ({ hosts }: Pick<Bundle, "hosts">) => (
  <ul className="bundle-hosts">
    {hosts.map(({ uuid, name }) => (
      <li key={uuid}>
        <Link to="/worksheets/$uuid/" params={{ uuid }}>
          {name}
        </Link>
      </li>
    ))}
  </ul>
);

/** The commands of `cl` that people want for a bundle. */
export function TerminalCard({ bundle }: { bundle: Bundle }) {
  const { facts: t } = useTexts();
  const { uuid, bundle_type: type } = bundle;
  const commands = [
    `cl info -v ${uuid}`,
    ...(type === "run" ? [`cl cat ${uuid}/stdout`, `cl mimic ${uuid}`] : []),
    `cl download ${uuid}`,
  ];
  return (
    <details className="card bundle-card">
      <summary>
        <h2>{t.terminal}</h2>
      </summary>
      <p className="small quiet">{t.terminalHint}</p>
      {commands.map((command) => (
        <CopyText key={command} label={`${command.split(" ").slice(0, 2).join(" ")} ${nameOf(bundle)}`}>
          {command}
        </CopyText>
      ))}
    </details>
  );
}
