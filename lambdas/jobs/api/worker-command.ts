/** The name of an image that organizers build or pull themselves (`docs/workers.md`). */
const ownImage = "benchstack-worker";
const home = "/var/lib/benchstack-worker";

/**
 * The command that starts a worker on a machine with a Docker engine. Its home has the same path inside and outside, because
 * the engine mounts folders of it into the containers of programs. A platform on the loopback address of a machine is reached
 * only from that machine, and from a container only in the machine's network.
 */
export function workerCommand(platformUrl: string, token: string, image = ownImage): string {
  const isLoopback = /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(platformUrl).hostname);
  return [
    "docker run -d --init --restart unless-stopped --stop-timeout 86400 --name benchstack-worker",
    ...(isLoopback ? ["--network host"] : []),
    `-e BENCHSTACK_API_URL=${platformUrl} -e BENCHSTACK_WORKER_TOKEN=${token}`,
    `-v /var/run/docker.sock:/var/run/docker.sock -v ${home}:${home} ${image}`,
  ].join(" ");
}
