// Rules that find defects, and the table of imports that keeps the folders apart. Prettier looks after the layout.
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";
import { importRule } from "./scripts/import-rule.js";

/** Groups of packages that not every folder may import. Other packages may be imported anywhere. */
const packages = {
  SQL: "^(kysely|pg|pg-connection-string|@electric-sql/[^/]+)(/|$)",
  AWS: "^(@aws-sdk|@smithy)/",
  Lambda: "^(@aws-lambda-powertools|@middy|aws-lambda)(/|$)",
  CDK: "^(aws-cdk-lib|cdk-nag|constructs)(/|$)",
  browsers: "^(react|react-dom|@tanstack/[^/]+|openapi-fetch|marked|dompurify|temml)(/|$)",
  "networks and processes": "^((node:)?(http|https|http2|net|tls|dgram|dns|child_process)|dockerode|fauxqs)(/|$)",
};

/** A wing of the platform: its layers import from the same layer of wings below it, and from the layers below. */
const wing = (name, wingsBelow) => {
  const layer = (layer) => [name, ...wingsBelow].map((wing) => `lambdas/${wing}/${layer}`);
  const [services, database, rules] = [layer("service"), layer("db"), layer("rules")];
  const pure = ["lambdas/policy", "contract"];
  return {
    [`lambdas/${name}/api`]: {
      imports: [...layer("api"), ...services, ...rules, "lambdas/http", "lambdas/kernel", ...pure],
      uses: ["Lambda"],
    },
    [`lambdas/${name}/service`]: {
      imports: [...services, ...database, ...rules, "lambdas/kernel", ...pure],
      uses: ["Lambda"],
    },
    [`lambdas/${name}/db`]: { imports: [...database, ...rules, "lambdas/kernel/db", ...pure], uses: ["SQL"] },
    [`lambdas/${name}/rules`]: { imports: [...rules, ...pure], uses: [] },
  };
};

/**
 * From where each folder may import, besides from itself, and which groups of packages. Every folder with code has a row
 * here, or is inside a folder that has one. Rows stand above the rows they name, so no import runs upward. A folder that
 * uses no group of packages is pure: it also fetches nothing and loads nothing at run time.
 */
const table = {
  test: {
    imports: [
      "bin",
      "cli",
      "client",
      "contract",
      "gateway",
      "lambdas",
      "lib",
      "local",
      "scripts",
      "web",
      "worker-image",
    ],
    uses: Object.keys(packages),
  },
  /** Files in no folder: configurations of tools. */
  ".": { imports: ["scripts"], uses: ["networks and processes"] },
  scripts: {
    imports: ["cli", "client", "contract", "lambdas", "lib", "local", "worker-image"],
    uses: ["SQL", "AWS", "CDK", "networks and processes"],
  },
  /** Runs in browsers. Of the platform's code it has only what is pure, such as the rules that a bundle must fulfil. */
  web: {
    imports: ["contract", "lambdas/competitions/rules", "lambdas/worksheets/rules", "lambdas/policy"],
    uses: ["browsers"],
  },
  bin: { imports: ["lib", "lambdas/functions"], uses: ["CDK"] },
  lib: {
    imports: [
      "client",
      "contract",
      "lambdas/accounts/rules",
      "lambdas/functions",
      "lambdas/kernel",
      "lambdas/jobs/rules",
      "worker-image",
    ],
    uses: ["AWS", "CDK", "networks and processes"],
  },
  cli: {
    imports: ["client", "contract", "lambdas", "local", "worker-image"],
    uses: ["networks and processes"],
  },
  local: {
    imports: ["contract", "gateway", "lambdas", "worker-image"],
    uses: ["SQL", "AWS", "Lambda", "networks and processes"],
  },
  gateway: { imports: ["contract", "lambdas", "worker-image"], uses: ["networks and processes"] },
  "worker-image": { imports: ["contract", "lambdas/jobs/rules"], uses: ["AWS", "networks and processes"] },
  "lambdas/functions": {
    imports: [
      "client",
      "contract",
      "lambdas/accounts",
      "lambdas/competitions",
      "lambdas/forum",
      "lambdas/http",
      "lambdas/jobs",
      "lambdas/kernel",
      "lambdas/policy",
      "lambdas/worksheets",
    ],
    uses: ["AWS", "Lambda"],
  },
  client: {
    imports: ["contract", "lambdas/competitions/rules", "lambdas/jobs/rules"],
    uses: ["networks and processes"],
  },
  ...wing("worksheets", ["competitions", "jobs", "accounts"]),
  ...wing("forum", ["competitions", "accounts"]),
  ...wing("competitions", ["jobs", "accounts"]),
  ...wing("jobs", ["accounts"]),
  ...wing("accounts", []),
  "lambdas/http": { imports: ["contract", "lambdas/kernel", "lambdas/policy"], uses: ["Lambda"] },
  "lambdas/policy": { imports: [], uses: [] },
  "lambdas/kernel": {
    imports: [
      "contract",
      "lambdas/kernel/db",
      "lambdas/kernel/objects",
      "lambdas/kernel/sqs",
      "lambdas/kernel/outages",
    ],
    uses: ["Lambda"],
  },
  "lambdas/kernel/db": { imports: ["lambdas/kernel/outages"], uses: ["SQL", "AWS"] },
  "lambdas/kernel/objects": { imports: ["contract", "lambdas/kernel/outages"], uses: ["AWS"] },
  "lambdas/kernel/sqs": { imports: ["lambdas/kernel/outages"], uses: ["AWS"] },
  "lambdas/kernel/outages": { imports: [], uses: [] },
  contract: { imports: [], uses: [] },
};

const everyFile = ["**/*.js", "**/*.mjs", "**/*.ts", "**/*.tsx"];
const pureFolders = Object.keys(table).filter((folder) => table[folder].uses.length === 0);

export default defineConfig(
  { ignores: ["**/node_modules/", "cdk.out/", "dist/", "coverage/", ".benchstack/", "web/api/generated.ts"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: everyFile,
    plugins: { benchstack: { rules: { imports: importRule } } },
    rules: {
      "benchstack/imports": ["error", { table, packages }],
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["**/*.ts", "**/*.tsx"],
    languageOptions: {
      parser: tseslint.parser,
    },
    plugins: { "@typescript-eslint": tseslint.plugin },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/no-explicit-any": "error",
    },
  },
  {
    files: pureFolders.map((folder) => `${folder}/**/*.ts`),
    rules: {
      "no-restricted-syntax": ["error", { selector: "ImportExpression", message: "Pure code imports statically." }],
      "no-restricted-globals": ["error", { name: "fetch", message: "Pure code does not touch the network." }],
    },
  },
);
