// Rules that find defects and keep the layers apart; layout and taste are left to the writer.
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** What lambdas/domain may not import: it is pure, so that it runs and is tested anywhere. */
const outsideTheDomain = [
  {
    regex: "^(node:)?(http|https|http2|net|tls|dgram|dns|child_process)(/|$)",
    message: "lambdas/domain does not touch the network or processes.",
  },
  {
    regex: "^(@aws-sdk|@smithy|@aws-lambda-powertools|@middy|aws-lambda|aws-cdk-lib|constructs|dockerode|fauxqs)(/|$)",
    message: "lambdas/domain knows nothing of AWS, HTTP or container engines.",
  },
  { regex: "^(pg|kysely|@electric-sql/[^/]+)(/|$)", message: "SQL lives in lambdas/db only." },
  {
    regex: "^(\\.\\./)+(lambdas/)?(db|api|events|bin|lib|scripts|test|worker-image)/",
    message: "lambdas/domain imports only itself; others import it.",
  },
];

export default defineConfig(
  { ignores: ["**/node_modules/", "cdk.out/", "dist/", "coverage/", ".benchstack/", "web/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.js", "**/*.mjs", "**/*.ts"],
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["**/*.ts"],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { "@typescript-eslint": tseslint.plugin },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ["lambdas/domain/**/*.ts"],
    rules: {
      "no-restricted-imports": ["error", { patterns: outsideTheDomain }],
      // The rule above does not see these, and pure code has no reason for them.
      "no-restricted-syntax": [
        "error",
        { selector: "ImportExpression", message: "lambdas/domain imports statically." },
      ],
      "no-restricted-globals": ["error", { name: "fetch", message: "lambdas/domain does not touch the network." }],
    },
  },
);
