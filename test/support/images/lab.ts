import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { jsonLog } from "../../../worker-image/log.ts";
import { ecrLogin } from "../../../worker-image/registry/ecr.ts";
import { ImageImporter } from "../../../worker-image/registry/image-importer.ts";
import type { ImportedImage, RegistryAccess } from "../../../worker-image/registry/image-importer.ts";
import { minPace } from "../../../worker-image/registry/pace.ts";
import { ECRClient } from "@aws-sdk/client-ecr";
import { EcrLogin } from "../ecs/ecr-login.ts";
import { TestRegistry } from "../ecs/registry.ts";
import { temporaryFolder } from "../files.ts";
import { Front } from "./front.ts";
import { TokenServer } from "./tokens.ts";

export const login = { user: "AWS", password: "of-ecr" };
/** The bcrypt hash of the password, in the format of registries. */
export const passwords = "AWS:$2b$04$VD0cKILnaELsVVXeo3SbuOcG9Rno/ZYHjYXo4dHNLRRjyqpD2KTIC\n";

/** Real registries: one for pushing images, the same one behind tokens and redirects, and one with ECR's login. */
export class ImageLab {
  /** The registry to which tests push images. */
  readonly source: TestRegistry;
  /** The address from which workers pull them; see `Front`. */
  readonly front: Front;
  readonly tokens: TokenServer;
  readonly ours: TestRegistry;
  readonly #ecr: EcrLogin;
  readonly #closers: (() => Promise<void>)[];

  private constructor(
    parts: Pick<ImageLab, "source" | "front" | "tokens" | "ours">,
    ecr: EcrLogin,
    closers: (() => Promise<void>)[],
  ) {
    this.source = parts.source;
    this.front = parts.front;
    this.tokens = parts.tokens;
    this.ours = parts.ours;
    this.#ecr = ecr;
    this.#closers = closers;
  }

  static async start(): Promise<ImageLab> {
    const folder = await temporaryFolder();
    const file = join(folder.path, "passwords");
    await writeFile(file, passwords);
    const tokens = await TokenServer.start();
    const source = await TestRegistry.start();
    const guarded = await TestRegistry.start({ auth: tokens.auth, images: source.folder });
    const front = await Front.start({ registry: guarded.host, storage: source.host });
    const ours = await TestRegistry.start({ auth: { htpasswd: { realm: "ours", path: file } } });
    const ecr = await EcrLogin.start(login);
    const closers = [front, guarded, source, ours, ecr, tokens].map((one) => () => one.close());
    return new ImageLab({ source, front, tokens, ours }, ecr, [...closers, folder.remove]);
  }

  /** A worker's importer into a repository of the lab's registry, or of the given registry. */
  importer(path: string, { registry = this.ours.host, maxBytes = 1e9, pace = minPace } = {}): ImageImporter {
    const client = new ECRClient({
      endpoint: this.#ecr.url,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    const [repository, privateRepository] = [`${registry}/${path}`, `${registry}/${path}-private`];
    return new ImageImporter({ repository, privateRepository, login: ecrLogin(client), maxBytes }, pace);
  }

  /** Sends a request with the login to the lab's registry. */
  async ask(path: string, method = "GET"): Promise<Response> {
    const authorization = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
    const accept = "application/vnd.oci.image.manifest.v1+json";
    return fetch(`http://${this.ours.host}/v2/${path}`, { method, headers: { authorization, accept } });
  }

  async close(): Promise<void> {
    for (const closer of this.#closers) await closer();
  }
}

/** One use of an importer, with its result and its messages. */
export class Use {
  readonly waiting: string[] = [];
  readonly lines: Record<string, unknown>[] = [];
  readonly stop = new AbortController();
  readonly done: Promise<ImportedImage>;

  constructor(importer: ImageImporter, image: string, access: RegistryAccess | null = null) {
    const log = jsonLog((line) => this.lines.push(JSON.parse(line) as Record<string, unknown>));
    this.done = importer.ready(image, {
      signal: this.stop.signal,
      onWaiting: (waiting) => this.waiting.push(waiting),
      access: () => Promise.resolve(access),
      log,
    });
    this.done.catch(() => {});
  }
}
