/**
 * `npm run publish:worker -- REPOSITORY`: builds the worker image of this version and pushes it to a registry, from
 * which deployments and machines of organizers pull it. Further arguments go to `docker build`, for instance for other
 * base images. Prints the image with its digest, for the option `workerImage` of a deployment. Docker must be logged in
 * to the registry.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const { version, description, license } = JSON.parse(readFileSync("package.json", "utf8")) as Record<
  "version" | "description" | "license",
  string
>;

const run = (program: string, ...words: string[]): void =>
  void execFileSync(program, words, { stdio: ["ignore", 2, 2] });
const read = (program: string, ...words: string[]): string => execFileSync(program, words, { encoding: "utf8" }).trim();

function publish(repository: string, forBuild: string[]): string {
  const image = `${repository}:${version}`;
  const labels = {
    title: "benchstack-worker",
    description: `Worker of Benchstack. ${description}`,
    version,
    licenses: license,
    // Ends with -dirty if there are uncommitted changes.
    revision: read("git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"),
  };
  const named = Object.entries(labels).flatMap(([name, value]) => [
    "--label",
    `org.opencontainers.image.${name}=${value}`,
  ]);
  run("npm", "run", "--silent", "build:worker");
  // Our containers run in the same ECS task as the images of competitions, and nearly all of those are for this
  // platform.
  run(
    "docker",
    "build",
    "--platform",
    "linux/amd64",
    "--file",
    "worker-image/Dockerfile",
    ...named,
    ...forBuild,
    "--tag",
    image,
    ".",
  );
  run("docker", "push", image);
  const digests = JSON.parse(
    read("docker", "image", "inspect", "--format", "{{json .RepoDigests}}", image),
  ) as string[];
  return digests.find((digest) => digest.startsWith(`${repository}@`))!;
}

const [repository, ...forBuild] = process.argv.slice(2);
if (repository === undefined || repository.startsWith("-")) {
  console.error(
    "Usage: npm run publish:worker -- REPOSITORY, for instance 123456789012.dkr.ecr.eu-central-1.amazonaws.com/benchstack-worker",
  );
  process.exitCode = 2;
} else {
  try {
    console.log(publish(repository, forBuild));
  } catch (error) {
    console.error(`The worker image was not published. ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
