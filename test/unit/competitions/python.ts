import { spawnSync } from "node:child_process";

/**
 * Runs an expression of Python 3's standard library over every value: `value` is its name in the expression. Python is
 * what Codabench is written in, so where a rule says "as Python does", Python itself is asked.
 */
export function askPython<Answer>(modules: string[], expression: string, values: unknown[]): Answer[] {
  const script = [
    `import ${["json", "sys", ...modules].join(", ")}`,
    "def answer(value):",
    `    try: return ${expression}`,
    "    except ValueError as error: return {'error': str(error)}",
    "print(json.dumps([answer(value) for value in json.load(sys.stdin)]))",
  ].join("\n");
  const { status, stdout, stderr, error } = spawnSync("python3", ["-c", script], {
    input: JSON.stringify(values),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`python3 ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Answer[];
}
