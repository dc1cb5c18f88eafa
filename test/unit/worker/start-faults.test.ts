/** Messages of container engines and runtimes about containers that did not start, as these wrote them. */
import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { imageOrCommandFault, machineFault } from "../../../worker-image/launchers/start-faults.ts";

const runc = (message: string) =>
  `failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${message}: unknown`;
const inInit = (message: string) => runc(`error during container init: ${message}`);
const hint =
  ": Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type";
const merged = "/var/lib/docker/overlay2/c381713a3a9940d8/merged";

const ofImage: [message: string, fault: RegExp][] = [
  ["unable to find user nobody-such: no matching entries in passwd file", /user or group/],
  ["unable to find group staff: no matching entries in group file", /user or group/],
  // A user may have any name, also that of a fault of the machine.
  ["unable to find user no space left on device: no matching entries in passwd file", /user or group/],
  ["uids and gids must be in range 0-2147483647", /out of range/],
  [`lstat ${merged}/app/program: not a directory`, /needs a folder/],
  [`evalSymlinksInScope: too many links in ${merged}/app/program`, /needs a folder/],
  ["Cannot mkdir: /app/program is not a directory", /needs a folder/],
  [`cannot mount volume over existing file, file exists ${merged}/data`, /needs a folder/],
  [
    `${inInit(`error mounting "/usr/bin/docker-init" to rootfs at "/sbin/docker-init": open o_path procfd: open ${merged}/sbin/docker-init: not a directory`)}${hint}`,
    /needs a folder/,
  ],
  [
    inInit(
      `error mounting "/var/lib/docker/volumes/d23e/_data" to rootfs at "/proc/x": "${merged}/proc/x" cannot be mounted because it is inside /proc`,
    ),
    /needs a folder/,
  ],
  [inInit(`environment variable name can't be empty: "=x"`), /environment variable/],
  [inInit(`environment variable name can't contain null(\\x00): "a\\x00b=x"`), /environment variable/],
  [runc('chdir to cwd ("/app/program") set in config.json failed: permission denied'), /working directory/],
  [`image operating system "windows" cannot be used on this platform: operating system is not supported`, /made for/],
  [runc("exec /app/program/run: exec format error"), /made for/],
  [runc('exec: "nothing": executable file not found in $PATH'), /does not contain the command/],
  [runc('exec: "no space left on device": executable file not found in $PATH'), /does not contain the command/],
  [runc('exec: "/nothing": stat /nothing: no such file or directory'), /does not contain the command/],
  [runc('exec: "/etc": is a directory'), /folder/],
  [runc('exec: "/etc/passwd": permission denied'), /not executable/],
  [
    'OCI runtime create failed: container_linux.go:349: starting container process caused "exec: \\"nothing\\": executable file not found in $PATH": unknown',
    /does not contain the command/,
  ],
  [`exec /sbin/docker-init: argument list too long${" x".repeat(100_000)}`, /too long/],
];

const ofMachine: [message: string, fault: RegExp][] = [
  [`write /var/lib/docker/overlay2/b2173f52-init/link: no space left on device`, /disk is full/],
  ["write /var/lib/docker/containers/948866e4/hosts: no space left on device", /disk is full/],
  ["error while creating mount source path '/srv/x': mkdir /srv/x: read-only file system", /disk is broken/],
  [
    runc(
      "unable to apply cgroup configuration: failed to write 4321: write /sys/fs/cgroup/memory/docker/ea7f/cgroup.procs: no space left on device",
    ),
    /control groups/,
  ],
  [
    inInit(
      'error setting cgroup config for procHooks process: failed to write "c 10:200 rwm": write /sys/fs/cgroup/devices/docker/dbcf/devices.allow: operation not permitted',
    ),
    /control groups/,
  ],
  ["mkdir /sys/fs/cgroup/memory/docker/adb6: cannot allocate memory", /control groups/],
  ["failed to start shim: fork/exec /usr/bin/containerd-shim-runc-v2: resource temporarily unavailable", /no memory/],
  ["Unknown runtime specified none-such", /runtime/],
  [
    "failed to create shim task: OCI runtime create failed: unable to retrieve OCI runtime error (open /run/log.json: no such file or directory): fork/exec /usr/bin/runc: no such file or directory: unknown",
    /runtime/,
  ],
  ['exec: "docker-init": executable file not found in $PATH', /runtime/],
  [runc('exec: "/sbin/docker-init": stat /sbin/docker-init: no such file or directory'), /runtime/],
  [runc('exec: "/sbin/docker-init": permission denied'), /runtime/],
  ['exec: "docker-containerd-shim": executable file not found in $PATH: unknown', /runtime/],
  ["failed to create shim task: ttrpc: closed: unknown", /runtime/],
  [runc("can't get final child's PID from pipe: EOF"), /runtime/],
  [inInit("open sysctl net.ipv4.ip_unprivileged_port_start file: reopen fd 8: permission denied"), /runtime/],
  [`invalid mount config for type "bind": bind source path does not exist: /work/none`, /folder cannot be mounted/],
  [
    inInit(`error mounting "/work/a" to rootfs at "/app/program": stat /work/a: no such file or directory`),
    /folder cannot be mounted/,
  ],
  [`error gathering device information while adding custom device "/dev/nothing": no such file or directory`, /device/],
  [`could not select device driver "" with capabilities: [[gpu]]`, /device/],
  [
    inInit(
      "error running prestart hook #0: exit status 1, stdout: , stderr: Auto-detected mode as 'legacy'\nnvidia-container-cli: initialization error: nvml error: driver/library version mismatch",
    ),
    /device/,
  ],
  ["Decoding seccomp profile failed: unexpected end of JSON input", /security profile/],
  [
    inInit("unable to apply apparmor profile: apparmor failed to apply profile: no such file or directory"),
    /security profile/,
  ],
  ["network none-such-net not found", /network/],
  [
    "failed to create endpoint sad_feynman on network bridge: adding interface vethe3092ba to bridge docker0 failed: could not find bridge docker0: route ip+net: no such network interface",
    /network/,
  ],
  [
    "driver failed programming external connectivity on endpoint x: Bind for 0.0.0.0:80 failed: port is already allocated",
    /network/,
  ],
  [
    "error creating overlay mount to /var/lib/docker/overlay2/ce10/merged: no such file or directory",
    /store of images/,
  ],
  ["layer does not exist", /store of images/],
  ["Minimum memory limit allowed is 6MB", /log of the worker/],
  ["something that nobody has seen yet: permission denied", /log of the worker/],
  ["", /log of the worker/],
];

describe("a container that did not start", () => {
  for (const [message, fault] of ofImage)
    it(`because of its image or command: ${message.slice(0, 120)} (R-130)`, () => {
      assert.match(imageOrCommandFault(message) ?? "not of the image", fault);
    });

  for (const [message, fault] of ofMachine)
    it(`because of its machine: ${message.slice(0, 120)} (R-130)`, () => {
      assert.equal(imageOrCommandFault(message), null);
      assert.match(machineFault(message), fault);
    });
});
