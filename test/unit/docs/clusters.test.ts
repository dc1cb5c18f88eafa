import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import yaml from "js-yaml";
import { describe, it } from "@jest/globals";
import { readConfig } from "../../../worker-image/config.ts";
import { repository } from "../../support/files.ts";

const read = (path: string) => readFileSync(join(repository, path), "utf8");

interface Pod {
  containers: { name: string; env: { name: string; value: string }[] }[];
  volumes: { name: string }[];
  initContainers: { volumeMounts: { name: string }[] }[];
}
interface Manifest {
  kind: string;
  stringData?: Record<string, string>;
  spec?: { template: { spec: Pod } };
}

describe("docs/clusters", () => {
  it("has a manifest for Kubernetes whose variables a worker accepts, and whose volumes are there", () => {
    const [secret, deployment] = yaml.loadAll(read("docs/clusters/kubernetes.yaml")) as Manifest[];
    const { containers, initContainers, volumes } = deployment!.spec!.template.spec;
    const [worker] = containers;
    const variables = Object.fromEntries(worker!.env.map(({ name, value }) => [name, value]));
    const config = readConfig({ ...variables, ...secret!.stringData });
    assert.deepEqual([config.launcher, config.apiUrl], ["docker", "https://bench.example.org"]);
    const names = volumes.map(({ name }) => name);
    for (const { volumeMounts } of initContainers)
      assert.deepEqual(
        volumeMounts.filter(({ name }) => !names.includes(name)),
        [],
      );
  });

  it("names only variables that the worker or its script reads", () => {
    const known = read("worker-image/config.ts") + read("docs/clusters/slurm.sbatch");
    const named = [read("docs/clusters.md"), read("docs/clusters/kubernetes.yaml")].join().match(/BENCHSTACK_\w+/g)!;
    assert.deepEqual(
      named.filter((name) => !known.includes(name)),
      [],
    );
  });
});
