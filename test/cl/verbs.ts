/** What the unmodified client asks for and reads, verb by verb, as it was observed against a reference server. */

export interface Verb {
  /** The arguments of `cl`. */
  run: string[];
  /** What it prints on standard output. */
  prints: RegExp;
  /** What it prints on standard error. */
  complains?: RegExp;
  /** 0 unless it says otherwise. */
  code?: number;
  /** The requests that it must make, with keys that the answer must have. */
  asks?: Record<string, string[]>;
}

const uuid = /^0x[0-9a-f]{32}\n$/;
const worksheet = [
  ...[
    "uuid",
    "name",
    "title",
    "tags",
    "frozen",
    "is_anonymous",
    "last_item_id",
    "date_created",
    "date_last_modified",
  ].map((name) => `attributes.${name}`),
  ...["type", "id", "relationships.owner.data.id"],
];
const bundle = [
  ...[
    "uuid",
    "bundle_type",
    "command",
    "state",
    "state_details",
    "frozen",
    "is_anonymous",
    "metadata",
    "dependencies",
  ].map((name) => `attributes.${name}`),
  ...[
    "attributes.args",
    "attributes.permission",
    "attributes.permission_spec",
    "relationships.owner.data",
    "type",
    "id",
  ],
];
const user = [
  ...["user_name", "first_name", "last_name", "affiliation", "url", "date_joined", "avatar_id", "has_access"],
  ...[
    "email",
    "notifications",
    "time_quota",
    "parallel_run_quota",
    "time_used",
    "disk_quota",
    "disk_used",
    "last_login",
  ],
].map((name) => `data.attributes.${name}`);
const listOf = (keys: string[]) => [...keys.map((key) => `data[].${key}`), "meta.version"];
const one = (keys: string[]) => [...keys.map((key) => `data.${key}`), "meta.version"];
const group = ["type", "id", "attributes.name", "attributes.user_defined", "relationships.owner.data"];

/** A session of somebody with an empty account. `ADDRESS` is that of the platform.. */
export const verbs: Verb[] = [
  {
    run: ["work", "ADDRESS::"],
    prints: /Switched to worksheet: .*\(home-.*\)\n$/,
    asks: {
      "POST /rest/oauth2/token": ["access_token", "expires_in", "token_type", "scope", "refresh_token"],
      "GET /rest/worksheets": listOf(worksheet),
      "GET /rest/worksheets/U": one([...worksheet, "attributes.permission", "attributes.permission_spec"]),
    },
  },
  {
    run: ["new", "sheet"],
    prints: uuid,
    asks: { "POST /rest/worksheets": ["data[].type", "data[].id", "data[].attributes.uuid", "data[].attributes.name"] },
  },
  { run: ["new", "sheet"], prints: /^$/, complains: /UsageError: Worksheet with name sheet already exists/, code: 1 },
  { run: ["work", "sheet"], prints: /\(sheet\)\n$/ },
  {
    run: ["upload", "--link", "/data/a", "-n", "linked", "-d", "great", "--tags", "x", "y"],
    prints: uuid,
    asks: { "POST /rest/bundles": listOf([...bundle, "attributes.metadata.link_url", "attributes.metadata.tags"]) },
  },
  { run: ["rm", "linked"], prints: uuid },
  {
    run: ["upload", "-c", "some", "-n", "a", "-d", "great", "--tags", "x", "y"],
    prints: uuid,
    asks: {
      "POST /rest/bundles": listOf([...bundle, "attributes.metadata.tags"]),
      "PUT /rest/bundles/U/contents/blob/": [],
    },
  },
  {
    run: ["run", "a:a", "cat a", "-n", "r"],
    prints: uuid,
    asks: {
      "GET /rest/bundles": listOf(bundle),
      "POST /rest/bundles": listOf([
        ...bundle,
        ...["child_uuid", "child_path", "parent_uuid", "parent_path", "parent_name", "parent_state"].map(
          (name) => `attributes.dependencies[].${name}`,
        ),
      ]),
    },
  },
  { run: ["make", "x:a", "-n", "m"], prints: uuid },
  { run: ["info", "r", "-f", "name,state,command,dependencies"], prints: /^r\t(created|staged)\tcat a\t:a\n$/ },
  {
    run: ["info", "r"],
    prints: /request_memory +: 2g/,
    asks: { "GET /rest/user": [...user, "data.attributes.is_root_user"], "GET /rest/bundles/U/locations/": ["data"] },
  },
  { run: ["edit", "r", "-f", "request_memory", "10m"], prints: /^Saved metadata for bundle 0x\w{32}\.\n$/ },
  { run: ["edit", "r", "-f", "request_memory", "lots"], prints: /^$/, complains: /Invalid size: lots/, code: 1 },
  {
    run: ["kill", "r"],
    prints: uuid,
    asks: {
      "POST /rest/bundle-actions": ["data[].type", "data[].id", "data[].attributes.uuid", "data[].attributes.type"],
    },
  },
  { run: ["info", "r", "-f", "state,actions"], prints: /^killed\t\['kill'\]\n$/ },
  {
    run: ["add", "text", "# Results"],
    prints: /^$/,
    asks: {
      "POST /rest/worksheet-items": listOf([
        ...["type", "attributes.type", "attributes.value", "attributes.sort_key"],
        ...["relationships.worksheet.data.id", "relationships.bundle.data", "relationships.subworksheet.data"],
      ]),
    },
  },
  { run: ["add", "worksheet", "/"], prints: /^$/ },
  { run: ["ls", "-u"], prints: /^(0x[0-9a-f]{32}\n){3}$/ },
  {
    run: ["print", "-r"],
    prints: /# Results\n\[worksheet home-.*\]\{\{0x\w{32}\}\}\n$/,
    asks: { "GET /rest/worksheets/U": ["data.relationships.items.data[].id", "included[].attributes.type"] },
  },
  { run: ["detach", "m"], prints: /^$/ },
  { run: ["rm", "a"], prints: /^$/, complains: /because the following bundles depend on them/, code: 1 },
  { run: ["rm", "-r", "a", "-i"], prints: / r / },
  { run: ["rm", "-r", "a"], prints: /^(0x[0-9a-f]{32}\n){3}$/, asks: { "DELETE /rest/bundles": ["meta.ids"] } },
  {
    run: ["gnew", "team"],
    prints: /^Created new group team\(0x\w{32}\)\.\n$/,
    asks: { "POST /rest/groups": listOf(group) },
  },
  { run: ["gls"], prints: /team +0x\w{32} .* owner/ },
  {
    run: ["ginfo", "public"],
    prints: /^Members of group public/,
    asks: { "GET /rest/groups/public": [...one(group), "included"] },
  },
  { run: ["wperm", ".", "public", "n"], prints: /has none permission on worksheet/ },
  {
    run: ["wedit", "-t", "Über", "-T", "one", "two"],
    prints: /^Saved worksheet metadata for sheet/,
    asks: { "PATCH /rest/worksheets": listOf(worksheet) },
  },
  { run: ["wedit", "--freeze"], prints: /^Saved/ },
  { run: ["add", "text", "no"], prints: /^$/, complains: /Cannot mutate frozen worksheet/, code: 1 },
  { run: ["wedit", "--unfreeze"], prints: /^Saved/ },
  { run: ["status"], prints: /server_version: 1\.7\.5/ },
  { run: ["alias"], prints: /main/ },
  { run: ["uinfo", "-f", "user_name"], prints: /^[\w-]+\n$/, asks: { "GET /rest/user": user } },
  { run: ["wperm", ".", "public", "r"], prints: /has read permission on worksheet/ },
  { run: ["wls", "name=nothing-is-called-so"], prints: /^$/ },
  { run: ["uls", "user_name=nobody-is-called-so"], prints: /^$/ },
  { run: ["workers"], prints: /worker_id/, asks: { "GET /rest/workers/info": ["data"] } },
  { run: ["store", "ls"], prints: /name/, asks: { "GET /rest/bundle_stores": ["data"] } },
  {
    run: ["store", "add", "-n", "mine", "--storage-type", "disk"],
    prints: /^$/,
    complains: /cannot be added/,
    code: 1,
  },
  { run: ["search", ".count"], prints: /^\d+\n$/, asks: { "GET /rest/bundles": ["meta.result"] } },
  { run: ["uinfo"], prints: /parallel_run_quota: 3/ },
  { run: ["uedit", "--affiliation", "Here"], prints: /affiliation +: Here/, asks: { "PATCH /rest/user": user } },
  { run: ["wrm", "sheet"], prints: /^$/, complains: /it is not empty/, code: 1 },
  { run: ["wrm", "--force", "sheet"], prints: /^Switched to worksheet: .*\(home-/ },
  { run: ["grm", "team"], prints: /^Deleted group team/ },
];
