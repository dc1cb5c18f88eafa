import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { hiddenPlaces } from "../../../worker-image/launchers/sandbox/hidden-places.ts";

const visible = ["/usr", "/opt", "/etc"];
const mount = (device: string, root: string, point: string) =>
  `36 35 ${device} ${root} ${point} rw,noatime master:1 - ext4 /dev/sda rw`;
const machine = [mount("8:1", "/", "/"), mount("0:21", "/", "/proc"), mount("8:2", "/", "/home")];
const places = (hidden: string[], ...mounts: string[]) =>
  hiddenPlaces(hidden, visible, [...machine, ...mounts, ""].join("\n"));

describe("where a sandbox sees a folder of the worker (R-145)", () => {
  it("at its own path, if that is among the machine's software", () => {
    assert.deepEqual(places(["/opt/bench", "/usr/local/bench", "/var/bench"]), ["/opt/bench", "/usr/local/bench"]);
    assert.deepEqual(places(["/optional/bench"]), []);
  });

  it("at every mount of it, of a folder around it, or of a folder in it", () => {
    const mounts = [
      mount("8:2", "/ada/bench", "/opt/same"),
      mount("8:2", "/ada", "/opt/around"),
      mount("8:2", "/ada/bench/work", "/etc/inner"),
      mount("8:1", "/ada/bench", "/opt/another-disk"),
      mount("8:2", "/ada/bench-2", "/opt/another-folder"),
    ];
    assert.deepEqual(places(["/home/ada/bench"], ...mounts), ["/etc/inner", "/opt/around/bench", "/opt/same"]);
  });

  it("at a path with a space, which the kernel writes as a number", () => {
    assert.deepEqual(places(["/srv/my bench"], mount("8:1", "/srv/my\\040bench", "/opt/my\\040bench")), [
      "/opt/my bench",
    ]);
  });

  it("once, when one folder is in the other, and as a whole when all of a visible folder belongs to it", () => {
    assert.deepEqual(places(["/opt/bench/worker", "/opt/bench"]), ["/opt/bench"]);
    assert.deepEqual(places(["/home/ada"], mount("8:2", "/ada", "/opt")), ["/opt"]);
  });
});
