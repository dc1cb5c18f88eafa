/** What a worksheet shows of a bundle. */
import type { Value } from "./value.ts";

/** What a bundle was made from, under the path that it has there. */
export interface DependencyInfo {
  child_path: string;
  parent_uuid: string;
  parent_path: string;
  /** Null if the reader may not know it, or the parent is gone. */
  parent_name: string | null;
}

/** A bundle, under the names of the wire. Of one that its reader may not read only the uuid is true. */
export interface BundleInfo {
  uuid: string;
  bundle_type: string;
  command: string | null;
  state: string | null;
  state_details: string | null;
  frozen: string | null;
  is_anonymous: boolean | null;
  dependencies: readonly DependencyInfo[];
  /** See `argsOf`. */
  args: string | null;
  metadata: { readonly [key: string]: Value };
  permission: number;
  permission_spec: string;
  group_permissions: readonly { group_uuid: string; group_name: string; permission_spec: string }[];
  host_worksheets: readonly { uuid: string; name: string }[];
  owner_id: string | null;
  owner_name: string | null;
}

/** Only the uuid of a bundle that does not exist. */
export interface MissingBundle {
  uuid: string;
  metadata?: undefined;
}

/** The longest summary. Commands can be as long as a file. */
const maxSummary = 1024;

/** The value of a field of a bundle, or of its metadata. Null if it has none. */
export function fieldOf(bundle: BundleInfo, genpath: string): Value {
  if (genpath.startsWith("dependencies/")) return dependencyOf(bundle, genpath.slice("dependencies/".length));
  switch (genpath) {
    case "dependencies":
      return dependenciesText(bundle.dependencies);
    case "summary":
      return summaryOf(bundle);
    case "host_worksheets":
      return bundle.host_worksheets.map(({ name, uuid }) => `${name}(${uuid})`).join(" ");
    case "permission":
      return bundle.permission_spec;
    case "group_permissions":
      return groupPermissionsText(bundle.group_permissions);
    case "owner":
    case "owner_name":
      return bundle.owner_name;
    case "args":
    case "uuid":
    case "bundle_type":
    case "command":
    case "state":
    case "state_details":
    case "frozen":
    case "is_anonymous":
    case "owner_id":
    case "metadata":
      return bundle[genpath];
    default:
      return Object.hasOwn(bundle.metadata, genpath) ? bundle.metadata[genpath]! : null;
  }
}

function dependencyOf({ dependencies }: BundleInfo, key: string): Value {
  const dependency = dependencies.find(({ child_path }) => child_path === key);
  return dependency ? parentText(dependency) : "<none>";
}

/** `a.txt:data/train,:model`: of a parent that has the name of the key only the name is shown. */
export function dependenciesText(dependencies: readonly DependencyInfo[]): string {
  const anonymous = isAnonymous(dependencies);
  return dependencies
    .map((dependency) => {
      const { child_path, parent_name } = dependency;
      const key = anonymous ? "" : child_path === parent_name ? ":" : `${child_path}:`;
      return key + parentText(dependency);
    })
    .join(",");
}

/** A make bundle of one target has the contents of the target themselves. */
const isAnonymous = (dependencies: readonly DependencyInfo[]) =>
  dependencies.length === 1 && dependencies[0]!.child_path === "";

const parentText = ({ parent_name, parent_path }: DependencyInfo) => (parent_name ?? "") + pathText(parent_path);
const pathText = (path: string) => (path === "" ? "" : `/${path}`);

/** The arguments with which `cl` makes the same bundle again. Null for uploads. */
export function argsOf(
  bundle: Pick<BundleInfo, "bundle_type" | "dependencies" | "command" | "metadata">,
): string | null {
  if (bundle.bundle_type !== "make" && bundle.bundle_type !== "run") return null;
  const anonymous = isAnonymous(bundle.dependencies);
  const targets = bundle.dependencies.map(
    ({ child_path, parent_uuid, parent_path }) =>
      `${anonymous ? "" : `${child_path}:`}${parent_uuid}${pathText(parent_path)}`,
  );
  const requests = Object.entries(bundle.metadata).flatMap(([key, value]) => {
    if (!key.startsWith("request_") || isEmpty(value)) return [];
    const option = `--${key.replaceAll("_", "-")}`;
    return value === true ? [option] : [option, quoted(scalarText(value))];
  });
  return [bundle.bundle_type, ...targets, ...(bundle.command ? [quoted(bundle.command)] : []), ...requests].join(" ");
}

const isEmpty = (value: Value) => value === null || value === false || value === 0 || value === "";
const scalarText = (value: Value) => (typeof value === "object" ? JSON.stringify(value) : String(value));

/** How `cl` quotes in arguments: only what has a space or a double quote. */
const quoted = (text: string) => (/[ "]/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text);

/** How a bundle came to be: `[uploaded]`, `= key{name:0x12}`, `! command`. */
function summaryOf(bundle: BundleInfo): Value {
  switch (bundle.bundle_type) {
    case "dataset":
    case "program":
      return bundle.state === "ready" ? "[uploaded]" : "";
    case "make":
      return shortened(`= ${bundle.dependencies.map(partText).join(" ")}`);
    case "run":
      return shortened(`! ${bundle.command ?? ""}`);
    default:
      return null;
  }
}

function partText({ child_path, parent_name, parent_uuid }: DependencyInfo): string {
  const key = child_path || (parent_name ?? "");
  const name = key === parent_name ? "" : `${parent_name ?? "<none>"}:`;
  return `${key}{${name}${parent_uuid.slice(0, 4)}}`;
}

const shortened = (text: string) => (text.length > maxSummary ? `${text.slice(0, maxSummary)}...` : text);

/** `public(0x12345678):read`, as `cl` shows it. */
export const groupPermissionsText = (permissions: BundleInfo["group_permissions"]): string =>
  permissions.length === 0
    ? "-"
    : permissions
        .map(
          ({ group_name, group_uuid, permission_spec }) =>
            `${group_name}(${group_uuid.slice(0, 8)}):${permission_spec}`,
        )
        .join(",");

/** What the source of a worksheet says of a bundle: type, name, what it was made from, and its command. */
export function descriptionOf(bundle: BundleInfo | MissingBundle): string {
  if (bundle.metadata === undefined) return "";
  const dependencies = dependenciesText(bundle.dependencies);
  const parts = [`${bundle.bundle_type} ${scalarText(bundle.metadata["name"] ?? "")}`];
  if (dependencies !== "") parts.push(`-- ${dependencies}`);
  if (bundle.command) parts.push(`: ${bundle.command.replaceAll("\n", " ")}`);
  return parts.join(" ");
}
