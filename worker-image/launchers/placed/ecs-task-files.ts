import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { artifacts } from "../../../contract/job.ts";
import type {
  ArchiveSource,
  AskedQuestion,
  Manifest,
  SignedObject,
  StepName,
  EcsTaskLinks,
} from "../../../contract/job.ts";
import { StepFailure } from "../../failure.ts";
import type { AttemptContext } from "../../step-runner.ts";
import type { EcsTaskMessages, EcsTaskOrder, EcsTaskRenewal } from "../../ecs-task/contract.ts";
import { Uploader } from "../../upload.ts";

const mebibyte = 1024 ** 2;
/** How often an ECS task looks for new signatures until they are written again. */
const looksForRenewal = 20;
/** How many questions an ECS task is shown. Those before were answered, or nobody waits any more. */
const maxShownQuestions = 50;

/** The objects that a worker writes for the ECS tasks of an attempt: orders, renewed signatures, and messages. */
export class EcsTaskFiles {
  readonly #attempt: AttemptContext;
  readonly #uploader: Uploader;
  #messages: EcsTaskMessages = { questions: [], ending: null };
  #telling: Promise<void> = Promise.resolve();

  constructor(attempt: AttemptContext) {
    this.#attempt = attempt;
    this.#uploader = new Uploader(attempt.manifest.upload);
    attempt.signatures.onRenewed((manifest) => this.#passOn(manifest));
  }

  /** The current links of a step. Throws `StepFailure` when the platform gave none. */
  links(step: StepName): EcsTaskLinks {
    const links = this.#attempt.signatures.manifest.tasks?.links[step];
    if (!links)
      throw new StepFailure(
        "WORKER_ERROR",
        "The platform gave this worker no links for ECS tasks. Update the platform.",
      );
    return links;
  }

  /**
   * Writes the order for the next ECS task of a step. Every launch needs a new one: earlier signatures may have
   * expired.
   */
  async writeOrder(name: StepName, programMiB: number): Promise<void> {
    const { manifest, renewalMs } = this.#attempt.signatures;
    const step = manifest.job.steps.find((one) => one.name === name);
    if (!step) throw new Error(`the job has no step ${name}`);
    const { upload, renewal, messages } = this.links(name);
    const from = (source: ArchiveSource<SignedObject>): ArchiveSource<SignedObject> =>
      source.from === "object"
        ? { ...source, cache: false }
        : { from: "object", object: this.links(source.step).output, cache: false, label: `output of ${source.step}` };
    const order: EcsTaskOrder = {
      version: 1,
      attempt: manifest.attempt.id,
      step: {
        ...step,
        limits: { ...step.limits, memoryBytes: programMiB * mebibyte },
        folders: step.folders.map((folder) => ({
          ...folder,
          contents: folder.contents.map((content) => ({ ...content, archive: from(content.archive) })),
        })),
      },
      upload,
      renewalUrl: renewal,
      renewalLookMs: renewalMs / looksForRenewal,
      messagesUrl: messages,
    };
    await this.#write(artifacts.ecsTaskOrder(name), order);
  }

  /** Passes a question on to the ECS task of a step. */
  ask(question: AskedQuestion): Promise<void> {
    this.#messages.questions = [...this.#messages.questions, question].slice(-maxShownQuestions);
    return this.#tell(question.step);
  }

  /** Tells the ECS task of a step to end its program, with a sentence for the job's owner. */
  end(step: StepName, message: string): Promise<void> {
    this.#messages.ending = message;
    return this.#tell(step);
  }

  /** One after the other, so that the last message stays. */
  #tell(step: StepName): Promise<void> {
    const told = this.#telling.then(() => this.#write(artifacts.ecsTaskMessages(step), this.#messages));
    this.#telling = told.catch(() => {});
    return told;
  }

  /** Writes new signatures for the ECS tasks that run. */
  async #passOn({ upload, job }: Manifest): Promise<void> {
    this.#uploader.renew(upload);
    for (const { name } of job.steps) {
      const links = this.links(name);
      const renewal: EcsTaskRenewal = { upload: links.upload, renewalUrl: links.renewal, messagesUrl: links.messages };
      await this.#write(artifacts.ecsTaskRenewal(name), renewal);
    }
  }

  async #write(name: string, content: object): Promise<void> {
    const { folder, stop } = this.#attempt;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, name.replaceAll("/", "-"));
    await writeFile(path, JSON.stringify(content), { mode: 0o600 });
    await this.#uploader.file(name, path, stop);
  }
}
